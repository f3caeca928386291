// How the elements of a parameter are divided among ranks: equally, in their order; the last shares may be shorter, or empty.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "process-group.h"

/** Elements of a share that is whole. */
inline std::int64_t shareLength(const at::Tensor& parameter) {
  const std::int64_t count = processGroup().count();
  return (parameter.numel() + count - 1) / count;
}

/** The share of a rank, [≤ shareLength], as a view. */
inline at::Tensor shareIn(const at::Tensor& parameter, std::int64_t rank) {
  const std::int64_t length = shareLength(parameter);
  const std::int64_t begin = std::min(rank * length, parameter.numel());
  return parameter.detach().view({-1}).narrow(0, begin, std::min(length, parameter.numel() - begin));
}
