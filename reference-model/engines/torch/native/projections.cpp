// Linear maps of the same rows as one function of libtorch's autograd, whose gradient of the rows is summed by the products themselves: the
// sum of separate gradients costs a pass over memory for each. Products of few columns are computed here, where libtorch's copy their factors
// first.
#include "projections.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "products.h"

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;
using Tensors = std::vector<Tensor>;

namespace {

Tensor rowsOf(const Tensor& x) { return x.dim() == 2 ? x : x.reshape({-1, x.size(-1)}); }

std::vector<std::int64_t> withColumns(const Tensor& x, std::int64_t columns) {
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = columns;
  return sizes;
}

/** Inputs and outputs of a map up to which the weight stays in the cache. */
constexpr std::int64_t kMostColumns = 256;

/** Whether the products of a map are computed here. Fewer registers than AVX-512 has are too few for them. */
bool isNarrow(const Tensor& weight) {
  static const bool hasRegisters = at::get_cpu_capability() == "AVX512";
  const std::int64_t outputs = weight.size(0), inputs = weight.size(1);
  return hasRegisters && weight.is_cpu() && weight.scalar_type() == at::kFloat && weight.is_contiguous() &&
         outputs % kLanes == 0 && inputs % kLanes == 0 && std::max(outputs, inputs) <= kMostColumns &&
         at::get_num_threads() == 1;
}

Factor factorOf(const Tensor& x) { return {x.const_data_ptr<float>(), x.stride(0), x.stride(1)}; }

/** Of a right factor nothing is written. */
Matrix rightOf(const Tensor& x) { return {const_cast<float*>(x.const_data_ptr<float>()), x.stride(0)}; }

Matrix matrixOf(Tensor& x) { return {x.mutable_data_ptr<float>(), x.stride(0)}; }

/** a·b, a of any layout. */
Tensor product(const Tensor& a, const Tensor& b, Summand summand = {}) {
  Tensor c = at::empty({a.size(0), b.size(1)}, a.options());
  multiply(factorOf(a), rightOf(b), matrixOf(c), a.size(0), b.size(1), a.size(1), summand);
  return c;
}

/** rows·weightᵀ + bias */
Tensor mapped(const Tensor& rows, const Tensor& weight, const Tensor& bias) {
  if (!isNarrow(weight)) return bias.defined() ? at::addmm(bias, rows, weight.t()) : at::mm(rows, weight.t());
  Tensor transposed = at::empty({weight.size(1), weight.size(0)}, weight.options());
  transpose(weight.const_data_ptr<float>(), weight.stride(0), matrixOf(transposed), weight.size(0), weight.size(1));
  return product(rows, transposed, {bias.defined() ? bias.const_data_ptr<float>() : nullptr, 0});
}

/** Adds gradient·weight to the gradient of the rows. */
void addRowGradient(Tensor& sum, const Tensor& gradient, const Tensor& weight) {
  if (isNarrow(weight)) {
    if (!sum.defined()) sum = product(gradient, weight);
    else multiply(factorOf(gradient), rightOf(weight), matrixOf(sum), sum.size(0), sum.size(1), weight.size(0), {sum.const_data_ptr<float>(), sum.stride(0)});
  } else if (sum.defined()) {
    sum.addmm_(gradient, weight);
  } else {
    sum = at::mm(gradient, weight);
  }
}

/** gradientᵀ·rows */
Tensor weightGradient(const Tensor& gradient, const Tensor& rows, const Tensor& weight) {
  return isNarrow(weight) ? product(gradient.t(), rows) : at::mm(gradient.t(), rows);
}

class Projections : public torch::autograd::Function<Projections> {
 public:
  static variable_list forward(
      AutogradContext* context, const Variable& x, at::TensorList weights, at::TensorList biases) {
    const at::AutoDispatchBelowADInplaceOrView plain;
    const Tensor rows = rowsOf(x).contiguous();
    variable_list outputs;
    for (std::size_t i = 0; i < weights.size(); i++) {
      const Tensor y = mapped(rows, weights[i], biases.empty() ? Tensor() : biases[i]);
      outputs.push_back(x.dim() == 2 ? y : y.view(withColumns(x, y.size(1))));
    }
    variable_list kept = {x};
    kept.insert(kept.end(), weights.begin(), weights.end());
    context->save_for_backward(std::move(kept));
    context->saved_data["hasBiases"] = !biases.empty();
    return outputs;
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const at::AutoDispatchBelowADInplaceOrView plain;
    const auto saved = context->get_saved_variables();
    const std::size_t count = saved.size() - 1;
    const bool hasBiases = context->saved_data["hasBiases"].toBool();
    const Tensor rows = rowsOf(saved[0]).contiguous();
    variable_list gradients(1 + count + (hasBiases ? count : 0));
    Tensor sum;
    for (std::size_t i = 0; i < count; i++) {
      const Tensor& weight = saved[1 + i];
      const Tensor gradient = rowsOf(outputGradients[i]).contiguous();
      if (context->needs_input_grad(0)) addRowGradient(sum, gradient, weight);
      if (context->needs_input_grad(1 + i)) gradients[1 + i] = weightGradient(gradient, rows, weight);
      if (hasBiases && context->needs_input_grad(1 + count + i)) gradients[1 + count + i] = at::sum(gradient, 0);
    }
    if (sum.defined()) gradients[0] = sum.view(saved[0].sizes());
    return gradients;
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
  if (!isNarrow(weight)) return at::linear(x.scalar_type() == weight.scalar_type() ? x : x.to(weight.scalar_type()), weight, bias);
  return projections(x, {weight}, bias ? Tensors{*bias} : Tensors()).front();
}

Tensors projections(const Tensor& x, Tensors weights, Tensors biases) {
  TORCH_CHECK(!weights.empty(), "there are no maps of the rows");
  TORCH_CHECK(biases.empty() || biases.size() == weights.size(), "either all maps of the same rows have a bias, or none");
  const at::ScalarType type = weights.front().scalar_type();
  return Projections::apply(x.scalar_type() == type ? x : x.to(type), at::TensorList(weights), at::TensorList(biases));
}
