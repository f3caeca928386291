// Functions that libtorch composes of several operations on the CPU, each with its gradient in one pass over memory. A model of small width
// spends more time between such operations than in them. Other devices and types, and several threads, take libtorch's own.
#include "fused-functions.h"

#include <ATen/Parallel.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// The compiler makes a version for each generation of processors, and the loader picks one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace {

using Index = std::int64_t;

/** Numbers that are added side by side: sums of a row are made in the same order on every processor. */
constexpr Index kLanes = 16;

/** Several threads share libtorch's own loops. */
bool isPlain(const Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.numel() > 0 && at::get_num_threads() == 1;
}

Tensor as(const Tensor& x, const Tensor& like) { return x.scalar_type() == like.scalar_type() ? x : x.to(like.scalar_type()); }

inline float total(const float* lanes) {
  float sum = 0;
  for (Index lane = 0; lane < kLanes; lane++) sum += lanes[lane];
  return sum;
}

/** Rows of width C; keeps 1 / √(mean(x²) + ε) of each. */
FOR_EACH_PROCESSOR void rmsNormRows(
    const float* x, const float* scale, float* y, float* inverse, Index rows, Index width, float epsilon) {
  for (Index row = 0; row < rows; row++, x += width, y += width) {
    float lanes[kLanes] = {};
    Index at = 0;
    for (; at + kLanes <= width; at += kLanes) {
      for (Index lane = 0; lane < kLanes; lane++) lanes[lane] += x[at + lane] * x[at + lane];
    }
    float squares = total(lanes);
    for (; at < width; at++) squares += x[at] * x[at];
    const float factor = 1 / std::sqrt(squares / static_cast<float>(width) + epsilon);
    inverse[row] = factor;
    for (Index channel = 0; channel < width; channel++) y[channel] = x[channel] * factor * scale[channel];
  }
}

/** dx = r·(g·scale) − x·r³·mean(x·g·scale). */
FOR_EACH_PROCESSOR void rmsNormGradientRows(
    const float* gradient, const float* x, const float* scale, const float* inverse, float* xGradient, Index rows, Index width) {
  for (Index row = 0; row < rows; row++, gradient += width, x += width, xGradient += width) {
    float lanes[kLanes] = {};
    Index at = 0;
    for (; at + kLanes <= width; at += kLanes) {
      for (Index lane = 0; lane < kLanes; lane++) {
        lanes[lane] += gradient[at + lane] * scale[at + lane] * x[at + lane];
      }
    }
    float product = total(lanes);
    for (; at < width; at++) product += gradient[at] * scale[at] * x[at];
    const float factor = inverse[row];
    const float slope = product * factor * factor * factor / static_cast<float>(width);
    for (Index channel = 0; channel < width; channel++) {
      xGradient[channel] = factor * gradient[channel] * scale[channel] - slope * x[channel];
    }
  }
}

/** Adds r·x·g of all rows. */
FOR_EACH_PROCESSOR void rmsNormScaleGradient(
    const float* gradient, const float* x, const float* inverse, float* scaleGradient, Index rows, Index width) {
  for (Index row = 0; row < rows; row++, gradient += width, x += width) {
    const float factor = inverse[row];
    for (Index channel = 0; channel < width; channel++) scaleGradient[channel] += factor * x[channel] * gradient[channel];
  }
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static Variable forward(AutogradContext* context, const Variable& input, const Variable& scale, double epsilon) {
    const Tensor x = input.contiguous(), weights = scale.contiguous();
    const Index width = x.size(-1), rows = x.numel() / width;
    Tensor y = at::empty_like(x), inverse = at::empty({rows}, x.options());
    rmsNormRows(
        x.const_data_ptr<float>(), weights.const_data_ptr<float>(), y.mutable_data_ptr<float>(),
        inverse.mutable_data_ptr<float>(), rows, width, static_cast<float>(epsilon));
    context->save_for_backward({x, weights, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &scale = saved[1], &inverse = saved[2];
    const Tensor gradient = outputGradients[0].contiguous();
    const Index width = x.size(-1), rows = x.numel() / width;
    const float* from = gradient.const_data_ptr<float>();
    Tensor xGradient, scaleGradient;
    if (context->needs_input_grad(0)) {
      xGradient = at::empty_like(x);
      rmsNormGradientRows(
          from, x.const_data_ptr<float>(), scale.const_data_ptr<float>(), inverse.const_data_ptr<float>(),
          xGradient.mutable_data_ptr<float>(), rows, width);
    }
    // A frozen language model passes gradients on, and has none.
    if (context->needs_input_grad(1)) {
      scaleGradient = at::zeros_like(scale);
      rmsNormScaleGradient(
          from, x.const_data_ptr<float>(), inverse.const_data_ptr<float>(), scaleGradient.mutable_data_ptr<float>(), rows,
          width);
    }
    return {xGradient, scaleGradient, Variable()};
  }
};

/** A tensor [B, T, H, D] whose channels lie next to each other. */
struct Heads {
  const float* data;
  Index row, head;
};

/** Rows of heads, each rotated by the angles of its row; `sign` −1 rotates backwards. */
FOR_EACH_PROCESSOR void rotateRows(
    Heads x, const float* cosines, const float* sines, float* y, Index rows, Index heads, Index width, float sign) {
  const Index half = width / 2;
  for (Index row = 0; row < rows; row++, cosines += width, sines += width) {
    for (Index head = 0; head < heads; head++, y += width) {
      const float* from = x.data + row * x.row + head * x.head;
      for (Index channel = 0; channel < half; channel++) {
        const float first = from[channel], second = from[channel + half];
        y[channel] = first * cosines[channel] + sign * sines[channel] * second;
        y[channel + half] = second * cosines[channel + half] + sign * sines[channel + half] * first;
      }
    }
  }
}

Tensor rotated(const Tensor& input, const Tensor& cosines, const Tensor& sines, float sign) {
  const Tensor x = input.stride(3) == 1 ? input : input.contiguous();
  const Index batch = x.size(0), length = x.size(1), heads = x.size(2), width = x.size(3);
  Tensor y = at::empty({batch, length, heads, width}, x.options());
  for (Index b = 0; b < batch; b++) {
    const Heads from = {x.const_data_ptr<float>() + b * x.stride(0), x.stride(1), x.stride(2)};
    const Index row = b * length * width;
    rotateRows(
        from, cosines.const_data_ptr<float>() + row, sines.const_data_ptr<float>() + row,
        y.mutable_data_ptr<float>() + row * heads, length, heads, width, sign);
  }
  return y;
}

class Rotate : public torch::autograd::Function<Rotate> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Tensor& cosines, const Tensor& sines) {
    context->save_for_backward({cosines, sines});
    return rotated(x, cosines, sines, 1);
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const auto saved = context->get_saved_variables();
    return {rotated(outputGradients[0], saved[0], saved[1], -1), Variable(), Variable()};
  }
};

}  // namespace

Tensor rmsNorm(const Tensor& x, const Tensor& scale, double epsilon) {
  const Tensor rows = as(x, scale);
  if (isPlain(rows)) return RmsNorm::apply(rows, scale, epsilon);
  return at::rms_norm(rows, {rows.size(-1)}, scale, epsilon);
}

Tensor rotate(const Tensor& x, const Tensor& cosines, const Tensor& sines) {
  if (isPlain(x) && isPlain(cosines) && isPlain(sines)) return Rotate::apply(x, cosines, sines);
  return at::addcmul(at::mul(x, as(cosines, x)), at::roll(x, x.size(-1) / 2, -1), as(sines, x));
}
