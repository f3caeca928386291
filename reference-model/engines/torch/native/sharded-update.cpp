// AdamW whose moments are divided among ranks (ZeRO stage 1: Rajbhandari et al. 2020, arXiv 1910.02054, §5.1): each rank updates an equal
// share of every parameter's elements, and takes the others' shares from them afterwards.
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "operations.h"
#include "process-group.h"

using at::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

/** Elements that are gathered at once: 64 MiB of float32 on each rank. */
constexpr std::int64_t kAtOnce = 1 << 24;

/** Elements of a share; that of the last rank may be filled up with nothing. */
std::int64_t shareOf(const Tensor& whole) {
  const std::int64_t count = processGroup().count();
  return (whole.numel() + count - 1) / count;
}

/** Elements of a whole tensor that a rank has, as a view. */
Tensor shareIn(const Tensor& whole, std::int64_t rank) {
  const std::int64_t share = shareOf(whole);
  const std::int64_t begin = std::min(rank * share, whole.numel());
  return whole.view({-1}).narrow(0, begin, std::min(share, whole.numel() - begin));
}

/** Brings the shares that the other ranks have updated. */
void gatherShares(const Tensors& wholes) {
  ProcessGroup& group = processGroup();
  for (std::size_t first = 0; first < wholes.size();) {
    std::int64_t length = 0;
    std::size_t end = first;
    while (end < wholes.size() && (end == first || length + shareOf(wholes[end]) <= kAtOnce)) {
      length += shareOf(wholes[end++]);
    }
    const auto options = wholes[first].options().requires_grad(false);
    Tensor own = at::empty({length}, options), all = at::empty({length * group.count()}, options);
    std::int64_t place = 0;
    for (std::size_t i = first; i < end; place += shareOf(wholes[i++])) {
      const Tensor share = shareIn(wholes[i], group.rank());
      own.narrow(0, place, share.numel()).copy_(share);
    }
    const auto work = group.allGather(all, own);
    group.await(*work);
    group.use(*work);
    place = 0;
    for (std::size_t i = first; i < end; place += shareOf(wholes[i++])) {
      for (std::int64_t rank = 0; rank < group.count(); rank++) {
        if (rank == group.rank()) continue;
        Tensor share = shareIn(wholes[i], rank);
        share.copy_(all.narrow(0, rank * length + place, share.numel()));
      }
    }
    first = end;
  }
}

/** As `adamW`, with moments of this rank's shares; every parameter has a gradient. */
void shardedAdamW(
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
  const std::int64_t rank = processGroup().rank();
  Tensors shares, gradients, firsts, seconds;
  for (std::size_t i = 0; i < parameters.size(); i++) {
    const Tensor share = shareIn(parameters[i], rank);
    if (share.numel() == 0) continue;
    shares.push_back(share);
    gradients.push_back(shareIn(parameters[i].grad(), rank));
    firsts.push_back(firstMoments[i].narrow(0, 0, share.numel()));
    seconds.push_back(secondMoments[i].narrow(0, 0, share.numel()));
  }
  if (!shares.empty()) {
    at::_fused_adamw_(
        shares, gradients, firsts, seconds, {}, Tensors(shares.size(), updates), learningRate, beta1, beta2, weightDecay,
        epsilon, /*amsgrad=*/false, /*maximize=*/false, divisor, bad);
  }
  gatherShares(parameters);
}

}  // namespace

const Operations& shardOperations() {
  static const Operations table = {
      {"shardedAdamW", &shardedAdamW},
  };
  return table;
}
