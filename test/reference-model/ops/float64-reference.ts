/**
 * The fused operations written out in float64 with plain loops and `Math`, straight from their definitions: what every engine's
 * forward values are compared with, and what central differences are taken of.
 */

export interface Dense {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export const dense = (shape: readonly number[], values: ArrayLike<number>): Dense => ({
  shape,
  values: Float64Array.from(values),
});

const like = (x: Dense, value: (i: number) => number): Dense =>
  dense(
    x.shape,
    x.values.map((_, i) => value(i)),
  );

/** Applies a function to each row of the last dimension. */
function rowwise(x: Dense, row: (values: Float64Array) => ArrayLike<number>): Dense {
  const channels = x.shape.at(-1)!;
  const values = new Float64Array(x.values.length);
  for (let i = 0; i < values.length; i += channels) values.set(row(x.values.subarray(i, i + channels)), i);
  return dense(x.shape, values);
}

export function linear(x: Dense, weight: Dense, bias?: Dense): Dense {
  const [outputs, inputs] = weight.shape as [number, number];
  const rows = x.values.length / inputs;
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? bias.values[o]! : 0;
      for (let i = 0; i < inputs; i++) sum += x.values[r * inputs + i]! * weight.values[o * inputs + i]!;
      values.push(sum);
    }
  }
  return dense([...x.shape.slice(0, -1), outputs], values);
}

export function attention(query: Dense, key: Dense, value: Dense, mask: Dense, scale: number): Dense {
  const [batch, targets, heads, channels] = query.shape as [number, number, number, number];
  const [, sources, groups] = key.shape as [number, number, number, number];
  const output = new Float64Array(query.values.length);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < targets; t++) {
      for (let h = 0; h < heads; h++) {
        const g = Math.floor((h * groups) / heads);
        const q = ((b * targets + t) * heads + h) * channels;
        const at = (s: number): number => ((b * sources + s) * groups + g) * channels;
        const weights: number[] = [];
        for (let s = 0; s < sources; s++) {
          let score = 0;
          for (let c = 0; c < channels; c++) score += query.values[q + c]! * key.values[at(s) + c]!;
          weights.push(mask.values[(b * targets + t) * sources + s] ? Math.exp(score * scale) : 0);
        }
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        if (total === 0) continue;
        for (let s = 0; s < sources; s++) {
          for (let c = 0; c < channels; c++) output[q + c]! += (weights[s]! / total) * value.values[at(s) + c]!;
        }
      }
    }
  }
  return dense(query.shape, output);
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

export const layerNorm = (x: Dense, scale: Dense, offset: Dense, epsilon: number): Dense =>
  rowwise(x, (row) => {
    const centre = mean(row);
    const variance = mean(row.map((v) => (v - centre) ** 2));
    return row.map((v, i) => ((v - centre) / Math.sqrt(variance + epsilon)) * scale.values[i]! + offset.values[i]!);
  });

export const rmsNorm = (x: Dense, scale: Dense, epsilon: number): Dense =>
  rowwise(x, (row) => {
    const root = Math.sqrt(mean(row.map((v) => v * v)) + epsilon);
    return row.map((v, i) => (v / root) * scale.values[i]!);
  });

export const quickGelu = (x: Dense): Dense => like(x, (i) => x.values[i]! / (1 + Math.exp(-1.702 * x.values[i]!)));

/** erf by its Maclaurin series, to the last bit of float64 for the few units that activations see. */
function errorFunction(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= -(z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export const exactGelu = (x: Dense): Dense =>
  like(x, (i) => (x.values[i]! / 2) * (1 + errorFunction(x.values[i]! * Math.SQRT1_2)));

export const gelu = (x: Dense): Dense =>
  like(x, (i) => {
    const v = x.values[i]!;
    return 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  });

export const swiglu = (gate: Dense, up: Dense): Dense =>
  like(gate, (i) => (gate.values[i]! / (1 + Math.exp(-gate.values[i]!))) * up.values[i]!);

export function rotaryEmbedding(x: Dense, positions: Dense, cosine: Dense, sine: Dense): Dense {
  const [, , heads, channels] = x.shape as [number, number, number, number];
  const half = channels / 2;
  return like(x, (i) => {
    const channel = i % channels;
    const row = Math.floor(i / channels / heads); // b·T + t
    const angle = positions.values[row]! * half + (channel % half);
    const [c, s] = [cosine.values[angle]!, sine.values[angle]!];
    return channel < half ? x.values[i]! * c - x.values[i + half]! * s : x.values[i]! * c + x.values[i - half]! * s;
  });
}

export function embeddingLookup(table: Dense, ids: Dense): Dense {
  const channels = table.shape[1]!;
  return dense(
    [...ids.shape, channels],
    Array.from(ids.values).flatMap((id) => [...table.values.subarray(id * channels, (id + 1) * channels)]),
  );
}

export function softmaxCrossEntropy(logits: Dense, labels: Dense, ignoreIndex: number): Dense {
  const [rows, vocabulary] = logits.shape as [number, number];
  return dense(
    [rows],
    Array.from({ length: rows }, (_, r) => {
      const label = labels.values[r]!;
      if (label === ignoreIndex) return 0;
      const row = logits.values.subarray(r * vocabulary, (r + 1) * vocabulary);
      const highest = Math.max(...row);
      return highest + Math.log(row.reduce((sum, v) => sum + Math.exp(v - highest), 0)) - row[label]!;
    }),
  );
}

export const squaredNorm = (x: Dense): Dense => dense([], [x.values.reduce((sum, v) => sum + v * v, 0)]);

export interface AdamWOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly biasCorrection1: number;
  readonly biasCorrection2: number;
  readonly gradientScale: number;
}

/** Algorithm 2 of arXiv 1711.05101, with the learning rate inside the decay as in PyTorch. */
export function adamW(
  parameter: Dense,
  gradient: Dense,
  firstMoment: Dense,
  secondMoment: Dense,
  options: AdamWOptions,
): readonly [Dense, Dense, Dense] {
  const g = like(gradient, (i) => gradient.values[i]! * options.gradientScale);
  const m = like(g, (i) => options.beta1 * firstMoment.values[i]! + (1 - options.beta1) * g.values[i]!);
  const v = like(g, (i) => options.beta2 * secondMoment.values[i]! + (1 - options.beta2) * g.values[i]! ** 2);
  const p = like(g, (i) => {
    const decayed = parameter.values[i]! * (1 - options.learningRate * options.weightDecay);
    const root = Math.sqrt(v.values[i]! / options.biasCorrection2) + options.epsilon;
    return decayed - (options.learningRate * (m.values[i]! / options.biasCorrection1)) / root;
  });
  return [p, m, v];
}

/** d Σ(output·weights) / d input by central differences, for one input of a function of several. */
export function centralDifferences(
  f: (inputs: readonly Dense[]) => Dense,
  inputs: readonly Dense[],
  which: number,
  weights: ArrayLike<number>,
): Float64Array {
  const step = 1e-5;
  const x = inputs[which]!;
  const at = (i: number, shift: number): number => {
    const moved = Float64Array.from(x.values);
    moved[i]! += shift;
    const output = f(inputs.map((input, k) => (k === which ? dense(x.shape, moved) : input)));
    return output.values.reduce((sum, value, j) => sum + value * weights[j]!, 0);
  };
  return x.values.map((_, i) => (at(i, step) - at(i, -step)) / (2 * step));
}
