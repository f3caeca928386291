// Linear maps, and several of the same rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

/** x·weightᵀ + bias for x [.., K], weight [N, K], bias [N] → [.., N], of the type of the weight. */
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

/**
 * @param x [.., K], of the type of the weights
 * @param weights [N, K] each
 * @param biases [N] each, or none at all
 * @returns x·weightᵀ + bias of each, [.., N]
 */
std::vector<at::Tensor> projections(
    const at::Tensor& x, std::vector<at::Tensor> weights, std::vector<at::Tensor> biases);
