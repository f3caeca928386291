/**
 * Float64 reference of the fused kernels on plain arrays, written from their formulas and sharing nothing with the engine.
 * Arrays are row-major; shapes are passed as numbers.
 */

export type Numbers = readonly number[];

/** Deterministic numbers in [−scale, scale). */
export function numbers(count: number, seed: number, scale = 1): number[] {
  let state = (seed * 2654435761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Rounded to float32, so that both sides start from the same numbers.
    return Math.fround(((state >>> 8) / 2 ** 24 - 0.5) * 2 * scale);
  });
}

export interface MatMulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** C[m, n] = op(A) · op(B). */
export function matMul(a: Numbers, b: Numbers, { m, n, k, transposeA = false, transposeB = false }: MatMulShape) {
  const c = new Array<number>(m * n).fill(0);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < k; l++) {
        c[i * n + j]! += a[transposeA ? l * m + i : i * k + l]! * b[transposeB ? j * k + l : l * n + j]!;
      }
    }
  }
  return c;
}

export function linear(x: Numbers, weight: Numbers, bias: Numbers, rows: number, depth: number, width: number) {
  return matMul(x, weight, { m: rows, n: width, k: depth, transposeB: true }).map(
    (value, i) => value + (bias[i % width] ?? 0),
  );
}

export interface AttentionShape {
  readonly batch: number;
  readonly targets: number;
  readonly sources: number;
  readonly heads: number;
  readonly groups: number;
  readonly channels: number;
}

/** [output, probabilities]. */
export function attention(
  query: Numbers,
  key: Numbers,
  value: Numbers,
  mask: Numbers,
  scale: number,
  { batch, targets, sources, heads, groups, channels }: AttentionShape,
): [number[], number[]] {
  const output = new Array<number>(batch * targets * heads * channels).fill(0);
  const probabilities = new Array<number>(batch * heads * targets * sources).fill(0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const g = Math.floor((h * groups) / heads);
      for (let t = 0; t < targets; t++) {
        const allowed = Array.from({ length: sources }, (_, s) => s).filter(
          (s) => mask[(b * targets + t) * sources + s] !== 0,
        );
        const at = (b * targets + t) * heads * channels + h * channels;
        const from = (s: number) => (b * sources + s) * groups * channels + g * channels;
        const scores = allowed.map((s) => {
          let score = 0;
          for (let d = 0; d < channels; d++) score += query[at + d]! * key[from(s) + d]!;
          return score * scale;
        });
        const maximum = Math.max(...scores);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - maximum), 0);
        allowed.forEach((s, i) => {
          const probability = Math.exp(scores[i]! - maximum) / total;
          probabilities[((b * heads + h) * targets + t) * sources + s] = probability;
          for (let d = 0; d < channels; d++) output[at + d]! += probability * value[from(s) + d]!;
        });
      }
    }
  }
  return [output, probabilities];
}

function perRow(x: Numbers, columns: number, map: (row: Numbers) => number[]): number[] {
  return Array.from({ length: x.length / columns }, (_, row) =>
    map(x.slice(row * columns, (row + 1) * columns)),
  ).flat();
}

const mean = (x: Numbers): number => x.reduce((sum, value) => sum + value, 0) / x.length;

export function layerNorm(x: Numbers, scale: Numbers, offset: Numbers, epsilon: number): number[] {
  return perRow(x, scale.length, (row) => {
    const centre = mean(row);
    const deviation = Math.sqrt(mean(row.map((value) => (value - centre) ** 2)) + epsilon);
    return row.map((value, i) => ((value - centre) / deviation) * scale[i]! + offset[i]!);
  });
}

export function rmsNorm(x: Numbers, scale: Numbers, epsilon: number): number[] {
  return perRow(x, scale.length, (row) => {
    const size = Math.sqrt(mean(row.map((value) => value ** 2)) + epsilon);
    return row.map((value, i) => (value / size) * scale[i]!);
  });
}

export function gelu(x: Numbers): number[] {
  return x.map((value) => 0.5 * value * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3))));
}

export function swiglu(gate: Numbers, up: Numbers): number[] {
  return gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!);
}

/** x [tokens, heads, channels]; angles by position and channel pair. */
export function rotary(x: Numbers, positions: Numbers, angles: Numbers, heads: number, channels: number): number[] {
  const half = channels / 2;
  return x.map((value, index) => {
    const channel = index % channels;
    const pair = channel % half;
    const angle = angles[positions[Math.floor(index / (heads * channels))]! * half + pair]!;
    const other = channel < half ? -x[index + half]! : x[index - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

export function crossEntropy(logits: Numbers, labels: Numbers, columns: number, ignoreIndex: number): number[] {
  return labels.map((label, row) => {
    if (label === ignoreIndex) return 0;
    const values = logits.slice(row * columns, (row + 1) * columns);
    const maximum = Math.max(...values);
    return Math.log(values.reduce((sum, value) => sum + Math.exp(value - maximum), 0)) + maximum - values[label]!;
  });
}

/** Gradient of Σ outputGradient · f(x) by central differences. */
export function finiteDifference(
  f: (x: number[]) => Numbers,
  x: Numbers,
  outputGradient: Numbers,
  step = 1e-5,
): number[] {
  const at = (point: number[]) => f(point).reduce((sum, value, i) => sum + value * outputGradient[i]!, 0);
  return x.map((value, i) => {
    const high = [...x];
    const low = [...x];
    high[i] = value + step;
    low[i] = value - step;
    return (at(high) - at(low)) / (2 * step);
  });
}

/** Largest |actual − expected| / max(1, |expected|); NaN if lengths differ. */
export function largestError(actual: ArrayLike<number>, expected: Numbers): number {
  if (actual.length !== expected.length) return Number.NaN;
  return expected.reduce((worst, value, i) => {
    const error = Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value));
    return Math.max(error, worst);
  }, 0);
}
