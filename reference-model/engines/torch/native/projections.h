// Several linear maps of the same rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

/**
 * @param x [.., K], of the type of the weights
 * @param weights [N, K] each
 * @param biases [N] each, or none at all
 * @returns x·weightᵀ + bias of each, [.., N]
 */
std::vector<at::Tensor> projections(
    const at::Tensor& x, std::vector<at::Tensor> weights, std::vector<at::Tensor> biases);
