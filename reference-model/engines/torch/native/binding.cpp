// The conversions between JavaScript and C++ that `binding.h` declares.
#include "binding.h"

#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>

#include <sstream>

#include "process-group.h"

namespace {

void require(napi_status status, const char* expected) {
  TORCH_CHECK(status == napi_ok, "an argument is not ", expected);
}

/** As JavaScript names the types of its tensors; those it has no name for, as libtorch does. */
const char* typeName(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kBFloat16:
      return "bfloat16";
    case at::kHalf:
      return "float16";
    case at::kInt:
      return "int32";
    case at::kLong:
      return "int64";
    case at::kBool:
      return "bool";
    default:
      return c10::toString(type);
  }
}

void setText(napi_env env, napi_value object, const char* key, const std::string& text) {
  napi_set_named_property(env, object, key, toJavaScript(env, text));
}

}  // namespace

std::string describe(const at::Tensor& tensor) {
  std::ostringstream text;
  text << typeName(tensor.scalar_type()) << " [";
  for (std::int64_t axis = 0; axis < tensor.dim(); axis++) text << (axis > 0 ? ", " : "") << tensor.size(axis);
  text << ']';
  return text.str();
}

void raise(const Call& call, const std::vector<std::string>& tensors) {
  std::string problem;
  const char* code = "TORCH_OPERATION";
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    code = "TORCH_OUT_OF_MEMORY";
    problem = error.what_without_backtrace();
  } catch (const GroupError& error) {
    code = "TORCH_GROUP";
    problem = error.what();
  } catch (const c10::Error& error) {
    problem = error.what_without_backtrace();
  } catch (const std::exception& error) {
    problem = error.what();
  }
  std::string list;
  for (const std::string& tensor : tensors) list += (list.empty() ? "" : ", ") + tensor;
  napi_value error;
  napi_create_error(call.env, toJavaScript(call.env, std::string(code)), toJavaScript(call.env, problem), &error);
  setText(call.env, error, "operation", call.operation->name);
  setText(call.env, error, "tensors", list);
  napi_throw(call.env, error);
}

std::uint32_t unsignedOf(const Call& call, napi_value value) {
  std::uint32_t result = 0;
  require(napi_get_value_uint32(call.env, value, &result), "a handle");
  return result;
}

double doubleOf(const Call& call, napi_value value) {
  double result = 0;
  require(napi_get_value_double(call.env, value, &result), "a number");
  return result;
}

bool boolOf(const Call& call, napi_value value) {
  bool result = false;
  require(napi_get_value_bool(call.env, value, &result), "true or false");
  return result;
}

std::string textOf(const Call& call, napi_value value) {
  std::size_t length = 0;
  require(napi_get_value_string_utf8(call.env, value, nullptr, 0, &length), "a text");
  std::string text(length, '\0');
  napi_get_value_string_utf8(call.env, value, text.data(), length + 1, &length);
  return text;
}

Numbers numbersOf(const Call& call, napi_value value) {
  Numbers numbers{};
  void* data = nullptr;
  require(
      napi_get_typedarray_info(call.env, value, &numbers.type, &numbers.length, &data, nullptr, nullptr),
      "a typed array");
  numbers.data = data;
  return numbers;
}

std::vector<double> doublesOf(const Call& call, napi_value value) {
  std::uint32_t length = 0;
  require(napi_get_array_length(call.env, value, &length), "a list");
  std::vector<double> values(length);
  for (std::uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(call.env, value, i, &element);
    values[i] = doubleOf(call, element);
  }
  return values;
}

napi_value toJavaScript(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value toJavaScript(napi_env env, std::int64_t value) { return toJavaScript(env, static_cast<double>(value)); }

napi_value toJavaScript(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value toJavaScript(napi_env env, const std::string& value) {
  napi_value result;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

napi_value toJavaScript(napi_env env, at::Tensor tensor) {
  napi_value result;
  napi_create_uint32(env, handles().add(std::move(tensor)), &result);
  return result;
}

napi_value toJavaScript(napi_env env, const std::vector<at::Tensor>& tensors) {
  napi_value result;
  napi_create_array_with_length(env, tensors.size(), &result);
  for (std::uint32_t i = 0; i < tensors.size(); i++) napi_set_element(env, result, i, toJavaScript(env, tensors[i]));
  return result;
}

napi_value toJavaScript(napi_env env, const std::vector<std::int64_t>& values) {
  napi_value result;
  napi_create_array_with_length(env, values.size(), &result);
  for (std::uint32_t i = 0; i < values.size(); i++) napi_set_element(env, result, i, toJavaScript(env, values[i]));
  return result;
}
