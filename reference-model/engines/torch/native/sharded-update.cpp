// What is divided among ranks so that each keeps its share alone (ZeRO stage 1: Rajbhandari et al. 2020, arXiv 1910.02054, §5.1): every rank
// updates its share of each parameter in float32, and all take the others' shares from them, in the precision they compute with.
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include "operations.h"
#include "shares.h"

using at::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

/** Elements that all ranks exchange at once. */
constexpr std::int64_t kAtOnce = 1 << 22;

/** Of the share of every rank in a parameter. */
struct Piece {
  std::size_t parameter;
  std::int64_t begin, length;
};

/** The part of a share that a piece has; the last shares may end before it. */
Tensor partOf(const Tensor& share, const Piece& piece) {
  const std::int64_t begin = std::min(piece.begin, share.numel());
  return share.narrow(0, begin, std::min(piece.length, share.numel() - begin));
}

/** Takes pieces of one length in all from every rank. */
void gatherPieces(const Tensors& parameters, const Tensors& shares, const std::vector<Piece>& pieces, std::int64_t length) {
  ProcessGroup& group = processGroup();
  const auto options = parameters.front().options().requires_grad(false);
  const Tensor own = at::empty({length}, options), all = at::empty({group.count() * length}, options);
  std::int64_t place = 0;
  for (const Piece& piece : pieces) {
    const Tensor part = partOf(shares[piece.parameter], piece);
    own.narrow(0, place, part.numel()).copy_(part);
    place += piece.length;
  }
  group.use(*group.allGather(all, own));
  for (std::int64_t rank = 0; rank < group.count(); rank++) {
    place = 0;
    for (const Piece& piece : pieces) {
      const Tensor part = partOf(shareIn(parameters[piece.parameter], rank), piece);
      part.copy_(all.narrow(0, rank * length + place, part.numel()));
      place += piece.length;
    }
  }
}

/** Fills parameters of one type with the shares of all ranks, cast to it. */
void gatherShares(Tensors parameters, Tensors shares) {
  const at::NoGradGuard noGradients;
  const std::int64_t most = std::max<std::int64_t>(1, kAtOnce / processGroup().count());
  std::vector<Piece> pieces;
  std::int64_t length = 0;
  for (std::size_t i = 0; i < parameters.size(); i++) {
    const std::int64_t whole = shareLength(parameters[i]);
    for (std::int64_t begin = 0; begin < whole; begin += pieces.back().length) {
      if (length == most) {
        gatherPieces(parameters, shares, pieces, length);
        pieces.clear();
        length = 0;
      }
      pieces.push_back({i, begin, std::min(whole - begin, most - length)});
      length += pieces.back().length;
    }
  }
  if (length > 0) gatherPieces(parameters, shares, pieces, length);
}

}  // namespace

const Operations& shardOperations() {
  static const Operations table = {
      {"shareOf", +[](const Tensor& parameter) { return shareIn(parameter, processGroup().rank()); }},
      {"masterShareOf", +[](const Tensor& parameter) {
         return shareIn(parameter, processGroup().rank()).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
       }},
      {"gatherShares", &gatherShares},
  };
  return table;
}
