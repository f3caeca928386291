// Cross-entropy fused with the projection to the vocabulary: rows are taken in chunks, so that the logits of all rows are never held.
#pragma once

#include <ATen/core/Tensor.h>

/**
 * log Σ exp(logits) − logits[label] of logits = hidden·weightᵀ; 0 where the label is ignored. The backward pass computes the logits of a
 * chunk again.
 *
 * @param hidden [N, C]
 * @param weight [V, C]
 * @param labels integers, [N]
 * @param chunkElements logits that may be held at once; a single row always may
 * @returns [N], float32 (float64 for float64)
 */
at::Tensor projectedCrossEntropy(
    const at::Tensor& hidden,
    const at::Tensor& weight,
    const at::Tensor& labels,
    std::int64_t ignoreIndex,
    std::int64_t chunkElements);
