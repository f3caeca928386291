// Gradients and the update of parameters. Nothing here waits for the device: norms, the flag of a bad step, the count of updates and
// the scale of 16-bit losses are tensors that stay on it.
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "operations.h"
#include "process-group.h"

using at::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

/** A 16-bit copy of a float32 parameter; gradients flow through it into the parameter, in float32. */
Tensor shadow(const Tensor& parameter, std::int64_t type) {
  const c10::AutoGradMode withGradients(true);
  return parameter.to(typeOf(type));
}

Tensor gradientOf(const Tensor& parameter) {
  const Tensor& gradient = parameter.grad();
  return gradient.defined() ? gradient : at::zeros_like(parameter);
}

/** √Σ‖g‖² over the gradients of all parameters, float32. */
Tensor globalNorm(const Tensors& parameters, const at::TensorOptions& options) {
  Tensors gradients;
  for (const Tensor& parameter : parameters) {
    if (parameter.grad().defined() && parameter.numel() > 0) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return at::zeros({}, options);
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2.0)), 2.0).to(at::kFloat);
}

/** Of all gradients, from that of each rank's share: the same bits on every rank, which adds up the same numbers. */
Tensor normOverRanks(const Tensor& own) {
  ProcessGroup& group = processGroup();
  const Tensor mine = own.reshape({1}), all = at::empty({group.count()}, own.options());
  group.use(*group.allGather(all, mine));
  return at::linalg_vector_norm(all, 2.0);
}

/**
 * What all updates of a step share. `stopped` [] says whether an earlier step was bad; a bad one changes nothing and is not counted.
 * With a loss scale a bad step only halves it.
 *
 * @param isDivided whether the parameters are shares of this rank
 * @returns the norm before clipping, what gradients are divided by, and whether the step is bad
 */
Tensors beginUpdate(
    Tensors parameters,
    const Tensor& updates,
    const Tensor& stopped,
    std::optional<Tensor> lossScale,
    std::optional<Tensor> goodSteps,
    double clipNorm,
    std::int64_t growthInterval,
    bool isDivided) {
  const at::NoGradGuard noGradients;
  Tensor norm = globalNorm(parameters, updates.options());
  if (isDivided) norm = normOverRanks(norm);
  if (lossScale) norm = norm.div(*lossScale);
  Tensor bad = at::isfinite(norm).logical_not().to(at::kFloat);
  Tensor divisor = at::clamp_min(norm.div(clipNorm), 1.0);
  if (lossScale) {
    divisor.mul_(*lossScale);
    at::_amp_update_scale_(*lossScale, *goodSteps, bad, 2.0, 0.5, growthInterval);
  } else {
    bad = at::maximum(bad, stopped);
    stopped.copy_(bad);
  }
  updates.add_(bad.neg().add_(1.0));
  return {norm, divisor, bad};
}

/** One step of AdamW in place over parameters, or shares of them, of one learning rate and decay. */
void adamW(
    Tensors parameters,
    Tensors firstMoments,
    Tensors secondMoments,
    const Tensor& updates,
    const Tensor& divisor,
    const Tensor& bad,
    double learningRate,
    double beta1,
    double beta2,
    double weightDecay,
    double epsilon) {
  const at::NoGradGuard noGradients;
  Tensors updated, gradients, firsts, seconds;
  for (std::size_t i = 0; i < parameters.size(); i++) {
    // Small parameters leave nothing to some ranks.
    if (parameters[i].numel() == 0) continue;
    updated.push_back(parameters[i]);
    gradients.push_back(gradientOf(parameters[i]));
    firsts.push_back(firstMoments[i]);
    seconds.push_back(secondMoments[i]);
  }
  if (updated.empty()) return;
  const Tensors counts(updated.size(), updates);
  at::_fused_adamw_(
      updated, gradients, firsts, seconds, {}, counts, learningRate, beta1, beta2, weightDecay, epsilon,
      /*amsgrad=*/false, /*maximize=*/false, divisor, bad);
}

}  // namespace

const Operations& trainingOperations() {
  static const Operations table = {
      {"setGradients", +[](bool isOn) { at::GradMode::set_enabled(isOn); }},
      {"requireGradient", +[](const Tensor& x, bool isOn) { x.requires_grad_(isOn); }},
      {"needsGradient", +[](const Tensor& x) { return x.requires_grad(); }},
      {"detach", +[](const Tensor& x) { return x.detach(); }},
      {"backward", +[](const Tensor& y, std::optional<Tensor> gradient) { y.backward(gradient.value_or(Tensor())); }},
      {"gradient", +[](const Tensor& x) { return gradientOf(x); }},
      {"clearGradients", +[](Tensors xs) { for (const Tensor& x : xs) x.mutable_grad() = Tensor(); }},
      {"shadow", &shadow},
      {"storedAs", +[](const Tensor& x, std::int64_t type) { return x.detach().to(typeOf(type)); }},
      {"beginUpdate", &beginUpdate},
      {"adamW", &adamW},
  };
  return table;
}
