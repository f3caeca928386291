// The chunked loss as a function of libtorch's autograd: C++ alone runs in its backward pass, so no thread of it calls JavaScript.
#include "cross-entropy.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {

at::ScalarType lossType(const Tensor& x) { return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

class ChunkedCrossEntropy : public torch::autograd::Function<ChunkedCrossEntropy> {
 public:
  static Variable forward(
      AutogradContext* context,
      const Variable& hidden,
      const Variable& weight,
      const Tensor& labels,
      std::int64_t ignoreIndex,
      std::int64_t chunk) {
    const std::int64_t rows = hidden.size(0);
    Tensor logSums = at::empty({rows}, hidden.options().dtype(lossType(hidden)));
    Tensor losses = at::empty_like(logSums);
    for (std::int64_t first = 0; first < rows; first += chunk) {
      const std::int64_t count = std::min(chunk, rows - first);
      const Tensor logits = at::linear(hidden.narrow(0, first, count), weight).to(lossType(hidden));
      const Tensor part = labels.narrow(0, first, count);
      const Tensor counted = part.ne(ignoreIndex);
      const Tensor logSum = at::logsumexp(logits, {1});
      const Tensor picked = logits.gather(1, at::where(counted, part, 0).unsqueeze(1)).squeeze(1);
      logSums.narrow(0, first, count).copy_(logSum);
      losses.narrow(0, first, count).copy_(at::where(counted, logSum.sub(picked), 0.0));
    }
    context->save_for_backward({hidden, weight, labels, logSums});
    context->saved_data["ignoreIndex"] = ignoreIndex;
    context->saved_data["chunk"] = chunk;
    return losses;
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &hidden = saved[0], &weight = saved[1], &labels = saved[2], &logSums = saved[3];
    const std::int64_t ignoreIndex = context->saved_data["ignoreIndex"].toInt();
    const std::int64_t chunk = context->saved_data["chunk"].toInt();
    const Tensor& outputGradient = outputGradients[0];
    const bool needsHidden = context->needs_input_grad(0), needsWeight = context->needs_input_grad(1);
    Tensor hiddenGradient = needsHidden ? at::empty_like(hidden) : Tensor();
    // Parts of 16-bit weights are added in float32.
    Tensor weightGradient = needsWeight ? at::zeros(weight.sizes(), weight.options().dtype(lossType(weight))) : Tensor();
    for (std::int64_t first = 0; first < hidden.size(0); first += chunk) {
      const std::int64_t count = std::min(chunk, hidden.size(0) - first);
      const Tensor x = hidden.narrow(0, first, count);
      const Tensor part = labels.narrow(0, first, count);
      const Tensor counted = part.ne(ignoreIndex);
      const Tensor factor = at::where(counted, outputGradient.narrow(0, first, count), 0.0).unsqueeze(1);
      Tensor gradient = at::linear(x, weight).to(lossType(hidden));
      gradient.sub_(logSums.narrow(0, first, count).unsqueeze(1)).exp_();
      const Tensor places = at::where(counted, part, 0).unsqueeze(1);
      // One place a row, so nothing is added twice and the order of writing does not matter.
      gradient.scatter_(1, places, gradient.gather(1, places).sub_(1));
      gradient = gradient.mul_(factor).to(weight.scalar_type());
      if (needsHidden) hiddenGradient.narrow(0, first, count).copy_(at::mm(gradient, weight));
      if (needsWeight) {
        if (weightGradient.scalar_type() == weight.scalar_type()) weightGradient.addmm_(gradient.t(), x);
        else weightGradient.add_(at::mm(gradient.t(), x));
      }
    }
    if (needsWeight) weightGradient = weightGradient.to(weight.scalar_type());
    return {hiddenGradient, weightGradient, Variable(), Variable(), Variable()};
  }
};

}  // namespace

Tensor projectedCrossEntropy(
    const Tensor& hidden,
    const Tensor& weight,
    const Tensor& labels,
    std::int64_t ignoreIndex,
    std::int64_t chunkElements) {
  const Tensor x = hidden.scalar_type() == weight.scalar_type() ? hidden : hidden.to(weight.scalar_type());
  const Tensor ids = labels.to(at::kLong);
  const std::int64_t chunk = std::max<std::int64_t>(1, chunkElements / weight.size(0));
  if (x.size(0) > chunk) return ChunkedCrossEntropy::apply(x, weight, ids, ignoreIndex, chunk);
  // All logits fit: holding them is cheaper than computing them twice.
  const Tensor logits = at::linear(x, weight).to(lossType(x));
  return at::cross_entropy_loss(logits, ids, {}, at::Reduction::None, ignoreIndex);
}
