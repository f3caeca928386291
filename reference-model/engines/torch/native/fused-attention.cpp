// Attention by scores of a few queries at a time, computed again in the backward pass as in FlashAttention (Dao et al. 2022, arXiv
// 2205.14135). The heads of a group read their keys where they lie, and what no query of a block sees is left out. libtorch's kernel calls
// a product of matrices for every head, which for few positions costs more than the product itself.
#include "fused-attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lanes.h"
#include "products.h"

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace {

/** Queries whose scores are held at once. */
constexpr Index kQueries = 16;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** Rows of heads, [.., D] each, some way apart. */
template <class Element>
struct Rows {
  Element* data;
  Index stride;
};

/** Rows as float32 times a factor, filled up with zeros. */
template <class Element>
FOR_EACH_PROCESSOR void gather(Rows<const Element> from, Matrix to, Index count, Index width, float factor) {
  for (Index i = 0; i < count; i++) {
    for (Index at = 0; at < width; at += kLanes) {
      store(to.data + i * to.row + at, loadFirst(from.data + i * from.stride + at, width - at) * factor);
    }
  }
}

/** The other way round. */
template <class Element>
FOR_EACH_PROCESSOR void scatter(Matrix from, Rows<Element> to, Index count, Index width, float factor) {
  for (Index i = 0; i < count; i++) {
    for (Index at = 0; at < width; at += kLanes) {
      storeFirst(to.data + i * to.stride + at, load(from.data + i * from.row + at) * factor, width - at);
    }
  }
}

/** What is added to the scores of the positions of one sequence. */
template <class Element>
struct Mask {
  /** [T, S]; none where nothing but causality or the number of sources restricts. */
  const Element* bias;
  Index row;
  Index sources;
  bool isCausal;

  /** For sixteen sources; those that are not there are never seen. */
  [[gnu::always_inline]] Lanes at(Index target, Index source) const {
    Index seen = sources - source;
    if (isCausal && target + 1 - source < seen) seen = target + 1 - source;
    if (seen >= kLanes) return bias == nullptr ? Lanes{} : load(bias + target * row + source);
    float lanes[kLanes];
    for (Index lane = 0; lane < kLanes; lane++) {
      lanes[lane] = lane >= seen ? -kInfinity : bias == nullptr ? 0 : static_cast<float>(bias[target * row + source + lane]);
    }
    return load(lanes);
  }
};

/** How many sources, in sixteens, some query of a block sees at most. */
template <class Element>
FOR_EACH_PROCESSOR Index reach(Mask<Element> mask, Index first, Index count) {
  Index most = 0;
  for (Index target = first; target < first + count; target++) {
    for (Index end = roundedUp(mask.sources); end > most; end -= kLanes) {
      if (largest(mask.at(target, end - kLanes)) == -kInfinity) continue;
      most = end;
      break;
    }
  }
  return most;
}

/** Scores of a block become e^(score − largest); keeps what a row is divided by, and the logarithm of its sum. */
template <class Element>
FOR_EACH_PROCESSOR void exponentiate(
    Matrix scores, Mask<Element> mask, Index first, Index count, Index limit, float* divisors, float* logSums) {
  for (Index i = 0; i < count; i++) {
    float* row = scores.data + i * scores.row;
    Lanes mosts = lanesOf(-kInfinity);
    for (Index at = 0; at < limit; at += kLanes) {
      const Lanes score = load(row + at) + mask.at(first + i, at);
      store(row + at, score);
      mosts = larger(score, mosts);
    }
    const float most = largest(mosts);
    // Where nothing is seen all exponentials are 0, here and in the backward pass.
    const float shift = most == -kInfinity ? 0 : most;
    Lanes sums = {};
    for (Index at = 0; at < limit; at += kLanes) {
      const Lanes part = exponential(load(row + at) - shift);
      store(row + at, part);
      sums += part;
    }
    const float sum = total(sums);
    divisors[i] = sum == 0 ? 1 : sum;
    logSums[i] = sum == 0 ? 0 : shift + std::log(sum);
  }
}

/** Scores become probabilities, and gradients of probabilities those of scores: P·(dP − Σ dO·O). */
template <class Element>
FOR_EACH_PROCESSOR void differentiate(
    Matrix scores, Matrix gradients, Mask<Element> mask, Index first, Index count, Index limit, const float* logSums,
    const float* means) {
  for (Index i = 0; i < count; i++) {
    float *row = scores.data + i * scores.row, *gradient = gradients.data + i * gradients.row;
    for (Index at = 0; at < limit; at += kLanes) {
      const Lanes probability = exponential(load(row + at) + mask.at(first + i, at) - logSums[i]);
      store(row + at, probability);
      store(gradient + at, probability * (load(gradient + at) - means[i]));
    }
  }
}

/** Divides each row by a number of its own. */
FOR_EACH_PROCESSOR void divide(Matrix x, const float* divisors, Index count, Index width) {
  for (Index i = 0; i < count; i++) {
    for (Index at = 0; at < width; at += kLanes) {
      float* part = x.data + i * x.row + at;
      store(part, load(part) / divisors[i]);
    }
  }
}

/** Products of rows with each other. */
FOR_EACH_PROCESSOR void products(Matrix a, Matrix b, Index count, Index width, float* sums) {
  for (Index i = 0; i < count; i++) {
    Lanes parts = {};
    for (Index at = 0; at < width; at += kLanes) parts += load(a.data + i * a.row + at) * load(b.data + i * b.row + at);
    sums[i] = total(parts);
  }
}

struct Shape {
  Index batch, targets, heads, groups, width, sources;

  Index channels() const { return roundedUp(width); }
  Index places() const { return roundedUp(sources); }
};

Shape shapeOf(const Tensor& query, const Tensor& key, Index sources) {
  return {query.size(0), query.size(1), query.size(2), key.size(2), query.size(3), sources};
}

/** Memory for a few matrices, all zeros at first. */
class Scratch {
 public:
  explicit Scratch(Index size) : memory_(at::zeros({size}, at::kFloat)), next_(memory_.mutable_data_ptr<float>()) {}

  Matrix matrix(Index rows, Index columns) {
    const Matrix matrix = {next_, columns};
    next_ += rows * columns;
    return matrix;
  }

 private:
  Tensor memory_;
  float* next_;
};

/** Rows of one head of one sequence of [B, T, H, D]. */
template <class Element, class Source>
Rows<Element> headOf(const Source& x, Element* data, Index sequence, Index head, Index first = 0) {
  return {data + sequence * x.stride(0) + first * x.stride(1) + head * x.stride(2), x.stride(1)};
}

template <class Element>
Rows<const Element> readHead(const Tensor& x, Index sequence, Index head, Index first = 0) {
  return headOf(x, x.const_data_ptr<Element>(), sequence, head, first);
}

template <class Element>
Rows<Element> writtenHead(Tensor& x, Index sequence, Index head, Index first = 0) {
  return headOf(x, x.mutable_data_ptr<Element>(), sequence, head, first);
}

template <class Element>
Mask<Element> maskOf(const Tensor& bias, Index sequence, Index sources, bool isCausal) {
  if (!bias.defined()) return {nullptr, 0, sources, isCausal};
  const Index step = bias.size(0) == 1 ? 0 : bias.stride(0);
  return {bias.const_data_ptr<Element>() + sequence * step, bias.stride(2), sources, isCausal};
}

/** Some queries in a row, and how many sources the one that sees most of them sees. */
struct Block {
  Index first, count, limit;
};

template <class Element>
std::vector<Block> blocksOf(const Mask<Element>& mask, Index targets) {
  std::vector<Block> blocks;
  for (Index first = 0; first < targets; first += kQueries) {
    const Index count = std::min(kQueries, targets - first);
    blocks.push_back({first, count, reach(mask, first, count)});
  }
  return blocks;
}

/** What of a call both passes need. */
struct Problem {
  Tensor query, key, value, bias;
  Shape shape;
  bool isCausal;
  float scale;
};

/** @param logSums [B, H, T] float32: logarithms of the sums of exponentials of scores */
template <class Element>
void forward(const Problem& problem, Tensor& output, Tensor& logSums) {
  const auto& [query, key, value, bias, shape, isCausal, scale] = problem;
  const auto [batch, targets, heads, groups, width, sources] = shape;
  const Index channels = shape.channels(), places = shape.places();
  Scratch scratch((2 * channels + width + kQueries) * places + 3 * kQueries * channels);
  const Matrix keys = scratch.matrix(places, channels), values = scratch.matrix(places, channels);
  const Matrix transposed = scratch.matrix(width, places), scores = scratch.matrix(kQueries, places);
  const Matrix queries = scratch.matrix(kQueries, channels), mixed = scratch.matrix(kQueries, channels);
  float divisors[kQueries];
  for (Index b = 0; b < batch; b++) {
    const auto mask = maskOf<Element>(bias, b, sources, isCausal);
    const std::vector<Block> blocks = blocksOf(mask, targets);
    for (Index g = 0; g < groups; g++) {
      gather(readHead<Element>(key, b, g), keys, sources, width, 1);
      gather(readHead<Element>(value, b, g), values, sources, width, 1);
      transpose(keys.data, channels, transposed, places, width);
      for (Index h = g * (heads / groups); h < (g + 1) * (heads / groups); h++) {
        float* sums = logSums.mutable_data_ptr<float>() + (b * heads + h) * targets;
        for (const auto& [first, count, limit] : blocks) {
          const Index rows = roundedUp(count, kProductRows);
          gather(readHead<Element>(query, b, h, first), queries, count, width, scale);
          multiply({queries.data, channels, 1}, transposed, scores, rows, limit, width);
          exponentiate(scores, mask, first, count, limit, divisors, sums + first);
          multiply({scores.data, places, 1}, values, mixed, rows, channels, limit);
          divide(mixed, divisors, count, channels);
          scatter(mixed, writtenHead<Element>(output, b, h, first), count, width, 1);
        }
      }
    }
  }
}

struct Gradients {
  Tensor query, key, value;
};

template <class Element>
void backward(
    const Problem& problem, const Tensor& output, const Tensor& logSums, const Tensor& outputGradient, Gradients& gradients) {
  const auto& [query, key, value, bias, shape, isCausal, scale] = problem;
  const auto [batch, targets, heads, groups, width, sources] = shape;
  const Index channels = shape.channels(), places = shape.places();
  Scratch scratch((4 * channels + 2 * width + 2 * kQueries) * places + 4 * kQueries * channels);
  const Matrix keys = scratch.matrix(places, channels), values = scratch.matrix(places, channels);
  const Matrix keysTransposed = scratch.matrix(width, places), valuesTransposed = scratch.matrix(width, places);
  const Matrix keyGradients = scratch.matrix(places, channels), valueGradients = scratch.matrix(places, channels);
  const Matrix scores = scratch.matrix(kQueries, places), scoreGradients = scratch.matrix(kQueries, places);
  const Matrix queries = scratch.matrix(kQueries, channels), outputs = scratch.matrix(kQueries, channels);
  const Matrix outputGradients = scratch.matrix(kQueries, channels), queryGradients = scratch.matrix(kQueries, channels);
  float means[kQueries];
  for (Index b = 0; b < batch; b++) {
    const auto mask = maskOf<Element>(bias, b, sources, isCausal);
    const std::vector<Block> blocks = blocksOf(mask, targets);
    for (Index g = 0; g < groups; g++) {
      gather(readHead<Element>(key, b, g), keys, sources, width, 1);
      gather(readHead<Element>(value, b, g), values, sources, width, 1);
      transpose(keys.data, channels, keysTransposed, places, width);
      transpose(values.data, channels, valuesTransposed, places, width);
      std::fill_n(keyGradients.data, places * channels, 0.0f);
      std::fill_n(valueGradients.data, places * channels, 0.0f);
      for (Index h = g * (heads / groups); h < (g + 1) * (heads / groups); h++) {
        const float* sums = logSums.const_data_ptr<float>() + (b * heads + h) * targets;
        for (const auto& [first, count, limit] : blocks) {
          const Index rows = roundedUp(count, kProductRows);
          gather(readHead<Element>(query, b, h, first), queries, count, width, scale);
          gather(readHead<Element>(output, b, h, first), outputs, count, width, 1);
          gather(readHead<Element>(outputGradient, b, h, first), outputGradients, count, width, 1);
          products(outputs, outputGradients, count, channels, means);
          multiply({queries.data, channels, 1}, keysTransposed, scores, rows, limit, width);
          multiply({outputGradients.data, channels, 1}, valuesTransposed, scoreGradients, rows, limit, width);
          differentiate(scores, scoreGradients, mask, first, count, limit, sums + first, means);
          multiply(
              {scores.data, 1, places}, outputGradients, valueGradients, limit, channels, count,
              {valueGradients.data, channels});
          multiply(
              {scoreGradients.data, 1, places}, queries, keyGradients, limit, channels, count, {keyGradients.data, channels});
          multiply({scoreGradients.data, places, 1}, keys, queryGradients, rows, channels, limit);
          scatter(queryGradients, writtenHead<Element>(gradients.query, b, h, first), count, width, scale);
        }
      }
      scatter(keyGradients, writtenHead<Element>(gradients.key, b, g), sources, width, 1);
      scatter(valueGradients, writtenHead<Element>(gradients.value, b, g), sources, width, 1);
    }
  }
}

bool is16Bits(const Tensor& x) { return x.scalar_type() == at::kBFloat16; }

/** With the channels of a head next to each other. */
Tensor readable(const Tensor& x) { return x.stride(-1) == 1 ? x : x.contiguous(); }

class Attention : public torch::autograd::Function<Attention> {
 public:
  static Variable forward(
      AutogradContext* context, const Variable& query, const Variable& key, const Variable& value,
      const std::optional<Tensor>& bias, Index sources, bool isCausal, double scale) {
    const Problem problem = {
        readable(query), readable(key), readable(value), bias ? readable(*bias) : Tensor(),
        shapeOf(query, key, sources), isCausal, static_cast<float>(scale)};
    Tensor output = at::empty(query.sizes(), query.options());
    Tensor logSums = at::empty({query.size(0), query.size(2), query.size(1)}, query.options().dtype(at::kFloat));
    if (is16Bits(query)) ::forward<c10::BFloat16>(problem, output, logSums);
    else ::forward<float>(problem, output, logSums);
    context->save_for_backward({problem.query, problem.key, problem.value, problem.bias, output, logSums});
    context->saved_data["sources"] = sources;
    context->saved_data["isCausal"] = isCausal;
    context->saved_data["scale"] = scale;
    return output;
  }

  static variable_list backward(AutogradContext* context, variable_list outputGradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &query = saved[0], &key = saved[1], &value = saved[2], &output = saved[4], &logSums = saved[5];
    const Index sources = context->saved_data["sources"].toInt();
    const Problem problem = {
        query, key, value, saved[3], shapeOf(query, key, sources), context->saved_data["isCausal"].toBool(),
        static_cast<float>(context->saved_data["scale"].toDouble())};
    // Places behind the sources have no gradient.
    const auto room = [&](const Tensor& x) {
      return sources == x.size(1) ? at::empty(x.sizes(), x.options()) : at::zeros(x.sizes(), x.options());
    };
    Gradients gradients = {at::empty(query.sizes(), query.options()), room(key), room(value)};
    const Tensor outputGradient = readable(outputGradients[0]);
    if (is16Bits(query)) ::backward<c10::BFloat16>(problem, output, logSums, outputGradient, gradients);
    else ::backward<float>(problem, output, logSums, outputGradient, gradients);
    return {gradients.query, gradients.key, gradients.value, Variable(), Variable(), Variable(), Variable()};
  }
};

}  // namespace

bool canFuseAttention(const Tensor& query) {
  const bool isKnown = query.scalar_type() == at::kFloat || is16Bits(query);
  return query.is_cpu() && isKnown && query.numel() > 0 && at::get_num_threads() == 1;
}

Tensor fusedAttention(
    const Tensor& query, const Tensor& key, const Tensor& value, const std::optional<Tensor>& bias,
    const AttentionOptions& options) {
  return Attention::apply(query, key, value, bias, options.sources, options.isCausal, options.scale);
}
