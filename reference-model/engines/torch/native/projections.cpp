// Linear maps of the same rows as one function of libtorch's autograd, whose gradient of the rows is summed by the products themselves: the
// sum of separate gradients costs a pass over memory for each.
#include "projections.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <torch/csrc/autograd/custom_function.h>

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

class Projections : public torch::autograd::Function<Projections> {
 public:
  static variable_list forward(
      AutogradContext* context, const Variable& x, at::TensorList weights, at::TensorList biases) {
    const at::AutoDispatchBelowADInplaceOrView plain;
    const Tensor rows = rowsOf(x);
    variable_list outputs;
    for (std::size_t i = 0; i < weights.size(); i++) {
      const Tensor transposed = weights[i].t();
      const Tensor y = biases.empty() ? at::mm(rows, transposed) : at::addmm(biases[i], rows, transposed);
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
    const Tensor rows = rowsOf(saved[0]);
    variable_list gradients(1 + count + (hasBiases ? count : 0));
    Tensor sum;
    for (std::size_t i = 0; i < count; i++) {
      const Tensor& weight = saved[1 + i];
      const Tensor gradient = rowsOf(outputGradients[i]);
      if (context->needs_input_grad(0)) {
        if (sum.defined()) sum.addmm_(gradient, weight);
        else sum = at::mm(gradient, weight);
      }
      if (context->needs_input_grad(1 + i)) gradients[1 + i] = at::mm(gradient.t(), rows);
      if (hasBiases && context->needs_input_grad(1 + count + i)) gradients[1 + count + i] = at::sum(gradient, 0);
    }
    if (sum.defined()) gradients[0] = sum.view(saved[0].sizes());
    return gradients;
  }
};

}  // namespace

Tensors projections(const Tensor& x, Tensors weights, Tensors biases) {
  const at::ScalarType type = weights.at(0).scalar_type();
  return Projections::apply(x.scalar_type() == type ? x : x.to(type), at::TensorList(weights), at::TensorList(biases));
}
