// How a C++ function becomes a JavaScript function: arguments and results are converted by their types, and an exception becomes a
// JavaScript error that names the operation and the tensors it was given. One callback serves all functions of one signature.
#pragma once

#include <node_api.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "handles.h"

/** A typed array of JavaScript, read within the call only. */
struct Numbers {
  const void* data;
  std::size_t length;
  napi_typedarray_type type;
};

struct Operation;

class Call {
 public:
  static constexpr std::size_t kMostArguments = 16;

  Call(napi_env env, napi_callback_info info) : env(env) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, values, nullptr, &data);
    operation = static_cast<const Operation*>(data);
  }

  napi_env env;
  napi_value values[kMostArguments];
  std::size_t count = kMostArguments;
  const Operation* operation = nullptr;
};

/** Raises the JavaScript error for the C++ exception that is being handled. */
void raise(const Call& call, const std::vector<std::string>& tensors);

/** As "float32 [2, 3]". */
std::string describe(const at::Tensor& tensor);

std::uint32_t unsignedOf(const Call& call, napi_value value);
double doubleOf(const Call& call, napi_value value);
bool boolOf(const Call& call, napi_value value);
std::string textOf(const Call& call, napi_value value);
Numbers numbersOf(const Call& call, napi_value value);
std::vector<double> doublesOf(const Call& call, napi_value value);

napi_value toJavaScript(napi_env env, double value);
napi_value toJavaScript(napi_env env, std::int64_t value);
napi_value toJavaScript(napi_env env, bool value);
napi_value toJavaScript(napi_env env, const std::string& value);
napi_value toJavaScript(napi_env env, at::Tensor tensor);
napi_value toJavaScript(napi_env env, const std::vector<at::Tensor>& tensors);
napi_value toJavaScript(napi_env env, const std::vector<std::int64_t>& values);

/** A value that is handed to JavaScript as it is. */
struct Raw {
  napi_value value;
};
inline napi_value toJavaScript(napi_env, Raw raw) { return raw.value; }

template <class T>
struct Argument;

template <>
struct Argument<const at::Tensor&> {
  static const at::Tensor& of(const Call& call, std::size_t i) { return handles().get(unsignedOf(call, call.values[i])); }
};

template <>
struct Argument<std::optional<at::Tensor>> {
  static std::optional<at::Tensor> of(const Call& call, std::size_t i) {
    const std::uint32_t handle = unsignedOf(call, call.values[i]);
    if (handle == 0) return std::nullopt;
    return handles().get(handle);
  }
};

template <>
struct Argument<std::vector<at::Tensor>> {
  static std::vector<at::Tensor> of(const Call& call, std::size_t i) {
    std::vector<at::Tensor> tensors;
    for (const double handle : doublesOf(call, call.values[i])) {
      tensors.push_back(handles().get(static_cast<std::uint32_t>(handle)));
    }
    return tensors;
  }
};

template <>
struct Argument<std::vector<std::int64_t>> {
  static std::vector<std::int64_t> of(const Call& call, std::size_t i) {
    const std::vector<double> values = doublesOf(call, call.values[i]);
    return {values.begin(), values.end()};
  }
};

template <>
struct Argument<double> {
  static double of(const Call& call, std::size_t i) { return doubleOf(call, call.values[i]); }
};

template <>
struct Argument<std::int64_t> {
  static std::int64_t of(const Call& call, std::size_t i) {
    return static_cast<std::int64_t>(doubleOf(call, call.values[i]));
  }
};

template <>
struct Argument<std::uint32_t> {
  static std::uint32_t of(const Call& call, std::size_t i) { return unsignedOf(call, call.values[i]); }
};

template <>
struct Argument<bool> {
  static bool of(const Call& call, std::size_t i) { return boolOf(call, call.values[i]); }
};

template <>
struct Argument<std::string> {
  static std::string of(const Call& call, std::size_t i) { return textOf(call, call.values[i]); }
};

template <>
struct Argument<Numbers> {
  static Numbers of(const Call& call, std::size_t i) { return numbersOf(call, call.values[i]); }
};

/** Comes last: it takes no argument of JavaScript. */
template <>
struct Argument<napi_env> {
  static napi_env of(const Call& call, std::size_t) { return call.env; }
};

/** What an error says of an argument: the tensors alone. */
template <class T>
void describeArgument(const Call&, std::size_t, std::vector<std::string>&) {}

template <>
inline void describeArgument<const at::Tensor&>(const Call& call, std::size_t i, std::vector<std::string>& into) {
  into.push_back(describe(Argument<const at::Tensor&>::of(call, i)));
}

template <>
inline void describeArgument<std::vector<at::Tensor>>(const Call& call, std::size_t i, std::vector<std::string>& into) {
  for (const at::Tensor& tensor : Argument<std::vector<at::Tensor>>::of(call, i)) into.push_back(describe(tensor));
}

template <class Result, class... Arguments>
napi_value invoke(napi_env env, napi_callback_info info);

/** A line of a table of operations: `{"add", +[](const Tensor& a, const Tensor& b) { return at::add(a, b); }}`. */
struct Operation {
  template <class Result, class... Arguments>
  Operation(const char* name, Result (*function)(Arguments...))
      : name(name), callback(&invoke<Result, Arguments...>), function(reinterpret_cast<void (*)()>(function)) {}

  const char* name;
  napi_callback callback;
  void (*function)();
};

using Operations = std::vector<Operation>;

template <class Result, class... Arguments, std::size_t... Index>
napi_value invokeWith(const Call& call, std::index_sequence<Index...>) {
  const auto function = reinterpret_cast<Result (*)(Arguments...)>(call.operation->function);
  if constexpr (std::is_void_v<Result>) {
    function(Argument<Arguments>::of(call, Index)...);
    return nullptr;
  } else {
    return toJavaScript(call.env, function(Argument<Arguments>::of(call, Index)...));
  }
}

template <class... Arguments, std::size_t... Index>
std::vector<std::string> describeAll(const Call& call, std::index_sequence<Index...>) {
  std::vector<std::string> tensors;
  try {
    (describeArgument<Arguments>(call, Index, tensors), ...);
  } catch (const std::exception&) {
    // The error at hand already says which argument is none.
  }
  return tensors;
}

template <class Result, class... Arguments>
napi_value invoke(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  const auto indices = std::index_sequence_for<Arguments...>{};
  try {
    return invokeWith<Result, Arguments...>(call, indices);
  } catch (const std::exception&) {
    raise(call, describeAll<Arguments...>(call, indices));
    return nullptr;
  }
}
