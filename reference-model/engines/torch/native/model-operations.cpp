// The fused operations of the model: shapes and meanings are those of `ops/kernels.ts`. Where an operand has another type than the
// weights it meets, it is cast to theirs: the precision of a pass is that of its weights.
#include <ATen/ops/_fused_sdp_choice.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <limits>

#include "cross-entropy.h"
#include "fused-attention.h"
#include "fused-functions.h"
#include "operations.h"
#include "projections.h"

using at::Tensor;

namespace {

Tensor as(const Tensor& x, const Tensor& like) { return x.scalar_type() == like.scalar_type() ? x : x.to(like.scalar_type()); }

Tensor layerNorm(const Tensor& x, const Tensor& scale, const Tensor& offset, double epsilon) {
  return at::layer_norm(as(x, scale), {x.size(-1)}, scale, offset, epsilon);
}

/** bool [B, T, S] → what is added to the scores, [B, 1, T, S] of the type of `like`, its rows aligned to 16 elements. */
Tensor attentionBias(const Tensor& allowed, const Tensor& like) {
  const at::NoGradGuard noGradients;
  const std::int64_t batch = allowed.size(0), targets = allowed.size(1), sources = allowed.size(2);
  const std::int64_t aligned = (sources + 15) / 16 * 16;
  Tensor bias = at::zeros({batch, 1, targets, aligned}, like.options()).narrow(-1, 0, sources);
  bias.masked_fill_(allowed.logical_not().unsqueeze(1), -std::numeric_limits<double>::infinity());
  return bias;
}

/** Where it is fused, its number stands behind those of libtorch's kernels. */
constexpr std::int64_t kFusedAttention = 5;

struct Heads {
  Tensor query, key, value;
};

/** [B, T, H, D] and [B, C, G, D] → [B, H, T, D] and [B, H, S, D]. The kernels for masks know no groups: those are repeated. */
Heads headsOf(const Tensor& query, const Tensor& key, const Tensor& value, std::int64_t sources) {
  const std::int64_t repetitions = query.size(2) / key.size(2);
  const auto prepare = [&](const Tensor& x) {
    Tensor first = as(x, query);
    if (first.size(1) != sources) first = first.narrow(1, 0, sources);
    if (repetitions > 1) first = first.repeat_interleave(repetitions, 2);
    return first.transpose(1, 2);
  };
  return {query.transpose(1, 2), prepare(key), prepare(value)};
}

/** @param isCausal in place of a bias: a position sees itself and what comes before it; as many queries as sources */
Tensor attention(
    const Tensor& query,
    const Tensor& key,
    const Tensor& value,
    std::optional<Tensor> bias,
    std::int64_t sources,
    bool isCausal,
    double scale) {
  if (canFuseAttention(query)) {
    if (bias) bias = as(*bias, query);
    return fusedAttention(query, as(key, query), as(value, query), bias, {sources, isCausal, scale});
  }
  const auto [q, k, v] = headsOf(query, key, value, sources);
  if (bias) bias = as(*bias, q);
  return at::scaled_dot_product_attention(q, k, v, bias, 0.0, isCausal, scale).transpose(1, 2);
}

/** The kernel that attention takes on tensors like these, by libtorch's number. */
std::int64_t attentionChoice(const Tensor& query, std::optional<Tensor> bias, bool isCausal) {
  if (canFuseAttention(query)) return kFusedAttention;
  const Tensor q = query.transpose(1, 2);
  return at::_fused_sdp_choice(q, q, q, bias, 0.0, isCausal);
}

/** Cosines of both halves of a head at every position, [B, T, 1, D]. */
Tensor rotaryCosines(const Tensor& positions, const Tensor& cosine, const Tensor& like) {
  const at::NoGradGuard noGradients;
  const Tensor rows = as(at::embedding(cosine, positions), like).unsqueeze(2);
  return at::cat({rows, rows}, -1);
}

/** Sines with the sign that the first half of a head takes them with, [B, T, 1, D]. */
Tensor rotarySines(const Tensor& positions, const Tensor& sine, const Tensor& like, bool inverse) {
  const at::NoGradGuard noGradients;
  const Tensor rows = as(at::embedding(sine, positions), like).unsqueeze(2);
  return inverse ? at::cat({rows, at::neg(rows)}, -1) : at::cat({at::neg(rows), rows}, -1);
}

Tensor crossEntropy(const Tensor& logits, const Tensor& labels, std::int64_t ignoreIndex) {
  const Tensor scores = logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
  return at::cross_entropy_loss(scores, labels.to(at::kLong), {}, at::Reduction::None, ignoreIndex);
}

/** Writes into the cache itself; one of another type than the rows is replaced. */
Tensor cacheWrite(const Tensor& cache, const Tensor& rows, std::int64_t place) {
  const at::NoGradGuard noGradients;
  const Tensor held = as(cache, rows);
  held.narrow(1, place, rows.size(1)).copy_(rows);
  return held.view(held.sizes());
}

}  // namespace

const Operations& modelOperations() {
  static const Operations table = {
      {"linear", +[](const Tensor& x, const Tensor& weight, std::optional<Tensor> bias) { return linear(x, weight, bias); }},
      {"projections", &projections},
      {"attention", &attention},
      {"attentionBias", &attentionBias},
      {"attentionChoice", &attentionChoice},
      {"layerNorm", &layerNorm},
      {"rmsNorm", &rmsNorm},
      {"gelu", +[](const Tensor& x) { return at::gelu(x, "tanh"); }},
      {"swiglu", &swiglu},
      {"rotaryCosines", &rotaryCosines},
      {"rotarySines", &rotarySines},
      {"rotate", &rotate},
      {"embedding", +[](const Tensor& table, const Tensor& ids) { return at::embedding(table, ids); }},
      {"crossEntropy", &crossEntropy},
      {"projectedCrossEntropy", &projectedCrossEntropy},
      {"cacheWrite", &cacheWrite},
  };
  return table;
}
