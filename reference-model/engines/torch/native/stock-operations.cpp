// The stock operations, one line each: the name that the kernels ask for, and the call of ATen that answers.
#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/all.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/any.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ceil.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/div.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/le.h>
#include <ATen/ops/log.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/permute.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/reshape.h>
#include <ATen/ops/round.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/slice.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/split_with_sizes.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tile.h>
#include <ATen/ops/unbind.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "operations.h"

using at::Tensor;
using Sizes = std::vector<std::int64_t>;
using Tensors = std::vector<Tensor>;

namespace {

/** Sums of int32 stay int32, which is the only integer type of tfjs. */
Tensor sum(const Tensor& x, Sizes axes, bool keepAxes) {
  const bool isInteger = x.scalar_type() == at::kInt;
  return at::sum(x, axes, keepAxes, isInteger ? std::optional<at::ScalarType>(at::kInt) : std::nullopt);
}

Tensor addAll(Tensors parts) {
  Tensor total = parts.at(0);
  for (std::size_t i = 1; i < parts.size(); i++) total = at::add(total, parts[i]);
  return parts.size() == 1 ? total.view(total.sizes()) : total;
}

Tensor slice(const Tensor& x, Sizes begin, Sizes size) {
  Tensor part = x;
  for (std::int64_t axis = 0; axis < x.dim(); axis++) {
    if (size[axis] != x.size(axis)) part = part.narrow(axis, begin[axis], size[axis]);
  }
  return part.is_same(x) ? x.view(x.sizes()) : part;
}

Tensor matmul(const Tensor& a, const Tensor& b, bool transposeA, bool transposeB) {
  return at::matmul(transposeA ? a.transpose(-2, -1) : a, transposeB ? b.transpose(-2, -1) : b);
}

Tensor segmentSum(const Tensor& x, const Tensor& segments, std::int64_t count) {
  Sizes shape = x.sizes().vec();
  shape[0] = count;
  return at::index_add(at::zeros(shape, x.options()), 0, segments, x);
}

}  // namespace

const Operations& stockOperations() {
  static const Operations table = {
      // One operand
      {"abs", +[](const Tensor& x) { return at::abs(x); }},
      {"ceil", +[](const Tensor& x) { return at::ceil(x); }},
      {"cos", +[](const Tensor& x) { return at::cos(x); }},
      {"exp", +[](const Tensor& x) { return at::exp(x); }},
      {"floor", +[](const Tensor& x) { return at::floor(x); }},
      {"log", +[](const Tensor& x) { return at::log(x); }},
      {"logicalNot", +[](const Tensor& x) { return at::logical_not(x); }},
      {"neg", +[](const Tensor& x) { return at::neg(x); }},
      {"onesLike", +[](const Tensor& x) { return at::ones_like(x); }},
      {"reciprocal", +[](const Tensor& x) { return at::reciprocal(x); }},
      {"relu", +[](const Tensor& x) { return at::relu(x); }},
      {"round", +[](const Tensor& x) { return at::round(x); }},
      {"rsqrt", +[](const Tensor& x) { return at::rsqrt(x); }},
      {"sigmoid", +[](const Tensor& x) { return at::sigmoid(x); }},
      {"sign", +[](const Tensor& x) { return at::sign(x); }},
      {"sin", +[](const Tensor& x) { return at::sin(x); }},
      {"sqrt", +[](const Tensor& x) { return at::sqrt(x); }},
      {"square", +[](const Tensor& x) { return at::square(x); }},
      {"tanh", +[](const Tensor& x) { return at::tanh(x); }},
      {"zerosLike", +[](const Tensor& x) { return at::zeros_like(x); }},
      // Two operands
      {"add", +[](const Tensor& a, const Tensor& b) { return at::add(a, b); }},
      {"sub", +[](const Tensor& a, const Tensor& b) { return at::sub(a, b); }},
      {"mul", +[](const Tensor& a, const Tensor& b) { return at::mul(a, b); }},
      {"div", +[](const Tensor& a, const Tensor& b) { return at::div(a, b); }},
      {"addAll", &addAll},
      {"addNumber", +[](const Tensor& a, double b) { return at::add(a, b); }},
      {"mulNumber", +[](const Tensor& a, double b) { return at::mul(a, b); }},
      {"divNumber", +[](const Tensor& a, double b) { return at::div(a, b); }},
      {"squaredDifference", +[](const Tensor& a, const Tensor& b) { return at::square(at::sub(a, b)); }},
      {"maximum", +[](const Tensor& a, const Tensor& b) { return at::maximum(a, b); }},
      {"minimum", +[](const Tensor& a, const Tensor& b) { return at::minimum(a, b); }},
      {"equal", +[](const Tensor& a, const Tensor& b) { return at::eq(a, b); }},
      {"notEqual", +[](const Tensor& a, const Tensor& b) { return at::ne(a, b); }},
      {"greater", +[](const Tensor& a, const Tensor& b) { return at::gt(a, b); }},
      {"greaterEqual", +[](const Tensor& a, const Tensor& b) { return at::ge(a, b); }},
      {"less", +[](const Tensor& a, const Tensor& b) { return at::lt(a, b); }},
      {"lessEqual", +[](const Tensor& a, const Tensor& b) { return at::le(a, b); }},
      {"logicalAnd", +[](const Tensor& a, const Tensor& b) { return at::logical_and(a, b); }},
      {"logicalOr", +[](const Tensor& a, const Tensor& b) { return at::logical_or(a, b); }},
      {"matmul", &matmul},
      {"where", +[](const Tensor& c, const Tensor& a, const Tensor& b) { return at::where(c, a, b); }},
      // Reductions
      {"sum", &sum},
      {"mean", +[](const Tensor& x, Sizes axes, bool keepAxes) { return at::mean(x, axes, keepAxes); }},
      {"max", +[](const Tensor& x, Sizes axes, bool keepAxes) { return at::amax(x, axes, keepAxes); }},
      {"min", +[](const Tensor& x, Sizes axes, bool keepAxes) { return at::amin(x, axes, keepAxes); }},
      {"all", +[](const Tensor& x, Sizes axes, bool keepAxes) { return at::all(x, at::IntArrayRef(axes), keepAxes); }},
      {"any", +[](const Tensor& x, Sizes axes, bool keepAxes) { return at::any(x, at::IntArrayRef(axes), keepAxes); }},
      {"argMax", +[](const Tensor& x, std::int64_t axis) { return at::argmax(x, axis).to(at::kInt); }},
      {"argMin", +[](const Tensor& x, std::int64_t axis) { return at::argmin(x, axis).to(at::kInt); }},
      {"softmax", +[](const Tensor& x, std::int64_t axis) { return at::softmax(x, axis); }},
      // Layout
      {"alias", +[](const Tensor& x) { return x.view(x.sizes()); }},
      {"reshape", +[](const Tensor& x, Sizes shape) { return at::reshape(x, shape); }},
      {"permute", +[](const Tensor& x, Sizes axes) { return at::permute(x, axes); }},
      {"slice", &slice},
      {"concat", +[](Tensors parts, std::int64_t axis) { return at::cat(parts, axis); }},
      {"stack", +[](Tensors parts, std::int64_t axis) { return at::stack(parts, axis); }},
      {"split", +[](const Tensor& x, Sizes sizes, std::int64_t axis) { return at::split_with_sizes(x, sizes, axis); }},
      {"unstack", +[](const Tensor& x, std::int64_t axis) { return at::unbind(x, axis); }},
      {"tile", +[](const Tensor& x, Sizes repetitions) { return at::tile(x, repetitions); }},
      {"pad", +[](const Tensor& x, Sizes amounts, double value) { return at::constant_pad_nd(x, amounts, value); }},
      {"gather", +[](const Tensor& x, const Tensor& ids, std::int64_t axis) { return at::index_select(x, axis, ids); }},
      {"segmentSum", &segmentSum},
  };
  return table;
}
