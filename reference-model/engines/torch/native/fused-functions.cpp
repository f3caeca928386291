// Functions that libtorch composes of several operations on the CPU, each with its gradient in one pass over memory. A model of small width
// spends more time between such operations than in them. bfloat16 is summed in float32. Other devices and types, and several threads, take
// libtorch's own.
#include "fused-functions.h"

#include <ATen/Parallel.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "lanes.h"

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {

/** Several threads share libtorch's own loops. */
bool isPlain(const Tensor& x) {
  const bool isKnown = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return x.is_cpu() && isKnown && x.numel() > 0 && at::get_num_threads() == 1;
}

Tensor as(const Tensor& x, const Tensor& like) { return x.scalar_type() == like.scalar_type() ? x : x.to(like.scalar_type()); }

/** Calls `visit` with a number of the type of the tensor. */
template <class Visit>
void withElement(const Tensor& x, const Visit& visit) {
  if (x.scalar_type() == at::kBFloat16) visit(c10::BFloat16());
  else visit(0.0f);
}

/** Rows of width C; keeps 1 / √(mean(x²) + ε) of each. */
template <class Element>
FOR_EACH_PROCESSOR void rmsNormRows(
    const Element* x, const Element* scale, Element* y, float* inverse, Index rows, Index width, float epsilon) {
  for (Index row = 0; row < rows; row++, x += width, y += width) {
    Lanes squares = {};
    for (Index at = 0; at < width; at += kLanes) {
      const Lanes part = loadFirst(x + at, width - at);
      squares += part * part;
    }
    const float factor = 1 / std::sqrt(total(squares) / static_cast<float>(width) + epsilon);
    inverse[row] = factor;
    for (Index at = 0; at < width; at += kLanes) {
      const Index left = width - at;
      storeFirst(y + at, loadFirst(x + at, left) * factor * loadFirst(scale + at, left), left);
    }
  }
}

/** dx = r·(g·scale) − x·r³·mean(x·g·scale). */
template <class Element>
FOR_EACH_PROCESSOR void rmsNormGradientRows(
    const Element* gradient, const Element* x, const Element* scale, const float* inverse, Element* xGradient, Index rows,
    Index width) {
  for (Index row = 0; row < rows; row++, gradient += width, x += width, xGradient += width) {
    Lanes products = {};
    for (Index at = 0; at < width; at += kLanes) {
      const Index left = width - at;
      products += loadFirst(gradient + at, left) * loadFirst(scale + at, left) * loadFirst(x + at, left);
    }
    const float factor = inverse[row];
    const float slope = total(products) * factor * factor * factor / static_cast<float>(width);
    for (Index at = 0; at < width; at += kLanes) {
      const Index left = width - at;
      const Lanes scaled = loadFirst(gradient + at, left) * loadFirst(scale + at, left);
      storeFirst(xGradient + at, factor * scaled - slope * loadFirst(x + at, left), left);
    }
  }
}

/** Adds r·x·g of all rows, in float32 and in whole vectors. */
template <class Element>
FOR_EACH_PROCESSOR void rmsNormScaleGradient(
    const Element* gradient, const Element* x, const float* inverse, float* scaleGradient, Index rows, Index width) {
  for (Index row = 0; row < rows; row++, gradient += width, x += width) {
    for (Index at = 0; at < width; at += kLanes) {
      const Index left = width - at;
      const Lanes part = inverse[row] * loadFirst(x + at, left) * loadFirst(gradient + at, left);
      store(scaleGradient + at, load(scaleGradient + at) + part);
    }
  }
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static Variable forward(AutogradContext* context, const Variable& input, const Variable& scale, double epsilon) {
    const Tensor x = input.contiguous(), weights = scale.contiguous();
    const Index width = x.size(-1), rows = x.numel() / width;
    Tensor y = at::empty_like(x), inverse = at::empty({rows}, x.options().dtype(at::kFloat));
    withElement(x, [&](auto element) {
      using Element = decltype(element);
      rmsNormRows(
          x.const_data_ptr<Element>(), weights.const_data_ptr<Element>(), y.mutable_data_ptr<Element>(),
          inverse.mutable_data_ptr<float>(), rows, width, static_cast<float>(epsilon));
    });
    context->save_for_backward({x, weights, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &scale = saved[1];
    const float* inverse = saved[2].const_data_ptr<float>();
    const Tensor gradient = outputGradients[0].contiguous();
    const Index width = x.size(-1), rows = x.numel() / width;
    Tensor xGradient, scaleGradient;
    withElement(x, [&](auto element) {
      using Element = decltype(element);
      const Element *from = gradient.const_data_ptr<Element>(), *values = x.const_data_ptr<Element>();
      if (context->needs_input_grad(0)) {
        xGradient = at::empty_like(x);
        rmsNormGradientRows(
            from, values, scale.const_data_ptr<Element>(), inverse, xGradient.mutable_data_ptr<Element>(), rows, width);
      }
      // A frozen language model passes gradients on, and has none.
      if (context->needs_input_grad(1)) {
        Tensor sums = at::zeros({roundedUp(width)}, x.options().dtype(at::kFloat));
        rmsNormScaleGradient(from, values, inverse, sums.mutable_data_ptr<float>(), rows, width);
        scaleGradient = as(sums.narrow(0, 0, width), scale);
      }
    });
    return {xGradient, scaleGradient, Variable()};
  }
};

/** Heads [.., D] of a row, whose channels lie next to each other. */
template <class Element>
struct Heads {
  const Element* data;
  Index row, head;
};

/** Rows of heads, each rotated by the angles of its row; `sign` −1 rotates backwards. */
template <class Element>
FOR_EACH_PROCESSOR void rotateRows(
    Heads<Element> x, const Element* cosines, const Element* sines, Element* y, Index rows, Index heads, Index width,
    float sign) {
  const Index half = width / 2;
  for (Index row = 0; row < rows; row++, cosines += width, sines += width) {
    for (Index head = 0; head < heads; head++, y += width) {
      const Element* from = x.data + row * x.row + head * x.head;
      if (width == kLanes) {
        const Lanes all = load(from);
        const Lanes swapped = shuffled<8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7>(all);
        store(y, all * load(cosines) + sign * load(sines) * swapped);
        continue;
      }
      for (Index at = 0; at < half; at += kLanes) {
        const Index left = half - at, far = at + half;
        const Lanes first = loadFirst(from + at, left), second = loadFirst(from + far, left);
        const Lanes turned = first * loadFirst(cosines + at, left) + sign * loadFirst(sines + at, left) * second;
        const Lanes other = second * loadFirst(cosines + far, left) + sign * loadFirst(sines + far, left) * first;
        storeFirst(y + at, turned, left);
        storeFirst(y + far, other, left);
      }
    }
  }
}

Tensor rotated(const Tensor& input, const Tensor& cosines, const Tensor& sines, float sign) {
  const Tensor x = input.stride(3) == 1 ? input : input.contiguous();
  const Index batch = x.size(0), length = x.size(1), heads = x.size(2), width = x.size(3);
  Tensor y = at::empty({batch, length, heads, width}, x.options());
  withElement(x, [&](auto element) {
    using Element = decltype(element);
    for (Index b = 0; b < batch; b++) {
      const Heads<Element> from = {x.const_data_ptr<Element>() + b * x.stride(0), x.stride(1), x.stride(2)};
      const Index row = b * length * width;
      rotateRows(
          from, cosines.const_data_ptr<Element>() + row, sines.const_data_ptr<Element>() + row,
          y.mutable_data_ptr<Element>() + row * heads, length, heads, width, sign);
    }
  });
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

/** gate·σ(gate)·up. */
template <class Element>
FOR_EACH_PROCESSOR void swigluNumbers(const Element* gate, const Element* up, Element* y, Index count) {
  for (Index at = 0; at < count; at += kLanes) {
    const Index left = count - at;
    const Lanes g = loadFirst(gate + at, left);
    storeFirst(y + at, g / (1.0f + exponential(-g)) * loadFirst(up + at, left), left);
  }
}

/** With s = σ(gate): up·(s + gate·s·(1 − s)) and gate·s times the gradient. */
template <class Element>
FOR_EACH_PROCESSOR void swigluGradientNumbers(
    const Element* gradient, const Element* gate, const Element* up, Element* gateGradient, Element* upGradient, Index count) {
  for (Index at = 0; at < count; at += kLanes) {
    const Index left = count - at;
    const Lanes g = loadFirst(gate + at, left), outer = loadFirst(gradient + at, left);
    const Lanes s = 1.0f / (1.0f + exponential(-g)), silu = g * s;
    storeFirst(gateGradient + at, outer * loadFirst(up + at, left) * (s + silu * (1.0f - s)), left);
    storeFirst(upGradient + at, outer * silu, left);
  }
}

class Swiglu : public torch::autograd::Function<Swiglu> {
 public:
  static Variable forward(AutogradContext* context, const Variable& gateInput, const Variable& upInput) {
    const Tensor gate = gateInput.contiguous(), up = upInput.contiguous();
    Tensor y = at::empty_like(gate);
    withElement(gate, [&](auto element) {
      using Element = decltype(element);
      swigluNumbers(
          gate.const_data_ptr<Element>(), up.const_data_ptr<Element>(), y.mutable_data_ptr<Element>(), gate.numel());
    });
    context->save_for_backward({gate, up});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &gate = saved[0], &up = saved[1];
    const Tensor gradient = outputGradients[0].contiguous();
    Tensor gateGradient = at::empty_like(gate), upGradient = at::empty_like(up);
    withElement(gate, [&](auto element) {
      using Element = decltype(element);
      swigluGradientNumbers(
          gradient.const_data_ptr<Element>(), gate.const_data_ptr<Element>(), up.const_data_ptr<Element>(),
          gateGradient.mutable_data_ptr<Element>(), upGradient.mutable_data_ptr<Element>(), gate.numel());
    });
    return {gateGradient, upGradient};
  }
};

}  // namespace

Tensor rmsNorm(const Tensor& x, const Tensor& scale, double epsilon) {
  const Tensor rows = as(x, scale);
  if (isPlain(rows)) return RmsNorm::apply(rows, scale, epsilon);
  return at::rms_norm(rows, {rows.size(-1)}, scale, epsilon);
}

Tensor rotate(const Tensor& x, const Tensor& cosines, const Tensor& sines) {
  const Tensor rows = as(cosines, x), others = as(sines, x);
  if (isPlain(x)) return Rotate::apply(x, rows.contiguous(), others.contiguous());
  return at::addcmul(at::mul(x, rows), at::roll(x, x.size(-1) / 2, -1), others);
}

Tensor swiglu(const Tensor& gate, const Tensor& up) {
  if (isPlain(gate) && gate.scalar_type() == up.scalar_type()) return Swiglu::apply(gate, up);
  return at::mul(at::silu(gate), up);
}
