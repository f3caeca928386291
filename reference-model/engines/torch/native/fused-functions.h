// Functions that libtorch composes of several operations on the CPU, each with its gradient in one pass over memory.
#pragma once

#include <ATen/core/Tensor.h>

/** x / √(mean(x²) + ε) · scale over the last axis. */
at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& scale, double epsilon);

/** x·cos + (x₂, x₁)·(−sin, sin) for x [B, T, H, D] and tables [B, T, 1, D]: a rotation of channel i together with channel i + D/2. */
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines);

/** gate·σ(gate)·up. */
at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up);
