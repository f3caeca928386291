// Attention on one thread of a CPU, for float32 and bfloat16.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

struct AttentionOptions {
  /** Keys that count, the first of their places. */
  std::int64_t sources;
  /** In place of a bias: a position sees itself and what comes before it. */
  bool isCausal;
  /** Factor on the scores. */
  double scale;
};

/** Whether `fusedAttention` takes tensors like this one. */
bool canFuseAttention(const at::Tensor& query);

/**
 * @param query [B, T, H, D]
 * @param key [B, C, G, D], H a multiple of G, of the query's type; `value` alike
 * @param bias added to the scores, [B, 1, T, S] of that type
 * @returns [B, T, H, D]; zeros where a position sees nothing
 */
at::Tensor fusedAttention(
    const at::Tensor& query,
    const at::Tensor& key,
    const at::Tensor& value,
    const std::optional<at::Tensor>& bias,
    const AttentionOptions& options);
