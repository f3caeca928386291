/** Native fused kernels of the wasm engine against float64 formulas, and their gradients against finite differences. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { FusedKernel, type FusedKernelName } from '../../../reference-model/ops/kernels.js';
import * as reference from './float64.js';
import { finiteDifference, largestError, type Numbers, numbers } from './float64.js';

beforeAll(async () => {
  await activateEngine('wasm');
});

interface Operand {
  readonly values: Numbers;
  readonly shape: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** Runs a fused kernel on plain arrays and returns its outputs as plain arrays. */
function run(name: FusedKernelName, operands: Readonly<Record<string, Operand>>, attributes = {}): Float32Array[] {
  return tf.tidy(() => {
    const inputs = Object.fromEntries(
      Object.entries(operands).map(([key, { values, shape, dtype = 'float32' }]) => [
        key,
        tf.tensor([...values], [...shape], dtype),
      ]),
    );
    const outputs = tf.engine().runKernel(name, inputs, attributes) as tf.Tensor | tf.Tensor[];
    return [outputs].flat().map((output) => output.dataSync() as Float32Array);
  });
}

const WIDTHS = [1, 2, 3, 4, 7, 8, 16, 17, 33, 96, 100];

describe('linear', () => {
  test.each([
    [1, 1, 1],
    [7, 5, 3],
    [6, 8, 8],
    [13, 17, 33],
    [48, 96, 40],
    [5, 300, 9],
    [97, 24, 270],
  ])('x [%i, %i] · weight [%i, ·]ᵀ + bias', (rows, depth, width) => {
    const [x, weight, bias] = [numbers(rows * depth, 1), numbers(width * depth, 2), numbers(width, 3)];
    const operands = {
      x: { values: x, shape: [rows, depth] },
      weight: { values: weight, shape: [width, depth] },
    };
    const withBias = { ...operands, bias: { values: bias, shape: [width] } };
    expect(
      largestError(run(FusedKernel.Linear, withBias)[0]!, reference.linear(x, weight, bias, rows, depth, width)),
    ).toBeLessThan(1e-5);
    expect(
      largestError(run(FusedKernel.Linear, operands)[0]!, reference.linear(x, weight, [], rows, depth, width)),
    ).toBeLessThan(1e-5);
  });
});

describe('attention', () => {
  const shapes: reference.AttentionShape[] = [
    { batch: 1, targets: 1, sources: 1, heads: 1, groups: 1, channels: 1 },
    { batch: 2, targets: 5, sources: 7, heads: 4, groups: 2, channels: 6 },
    { batch: 2, targets: 17, sources: 17, heads: 3, groups: 1, channels: 8 },
    { batch: 1, targets: 33, sources: 40, heads: 2, groups: 2, channels: 24 },
  ];

  function problem(shape: reference.AttentionShape) {
    const { batch, targets, sources, heads, groups, channels } = shape;
    const queryShape = [batch, targets, heads, channels];
    const keyShape = [batch, sources, groups, channels];
    const size = (lengths: readonly number[]) => lengths.reduce((product, length) => product * length, 1);
    // About a third forbidden, and the first row of every batch entirely so.
    const mask = numbers(batch * targets * sources, 9).map((value, i) =>
      i % (targets * sources) < sources && targets > 1 ? 0 : Number(value > -0.4),
    );
    if (targets === 1) mask.fill(1);
    return {
      query: { values: numbers(size(queryShape), 4), shape: queryShape },
      key: { values: numbers(size(keyShape), 5), shape: keyShape },
      value: { values: numbers(size(keyShape), 6), shape: keyShape },
      mask: { values: mask, shape: [batch, targets, sources], dtype: 'bool' as const },
    };
  }

  const scale = 0.37;

  test.each(shapes)('forward %o', (shape) => {
    const { query, key, value, mask } = problem(shape);
    const [output, probabilities] = run(FusedKernel.Attention, { query, key, value, mask }, { scale });
    const expected = reference.attention(query.values, key.values, value.values, mask.values, scale, shape);
    expect(largestError(output!, expected[0])).toBeLessThan(2e-6);
    expect(largestError(probabilities!, expected[1])).toBeLessThan(1e-6);
  });

  test.each(shapes.slice(0, 3))('gradient %o', (shape) => {
    const { query, key, value, mask } = problem(shape);
    const outputGradient = { values: numbers(query.values.length, 7), shape: query.shape };
    const [, probabilities] = run(FusedKernel.Attention, { query, key, value, mask }, { scale });
    const saved = {
      values: [...probabilities!],
      shape: [shape.batch, shape.heads, shape.targets, shape.sources],
    };
    const gradients = run(
      FusedKernel.AttentionGradient,
      { outputGradient, query, key, value, mask, probabilities: saved },
      { scale },
    );
    const forward = (q: Numbers, k: Numbers, v: Numbers) => reference.attention(q, k, v, mask.values, scale, shape)[0];
    const expected = [
      finiteDifference((q) => forward(q, key.values, value.values), query.values, outputGradient.values),
      finiteDifference((k) => forward(query.values, k, value.values), key.values, outputGradient.values),
      finiteDifference((v) => forward(query.values, key.values, v), value.values, outputGradient.values),
    ];
    expected.forEach((gradient, i) => {
      expect(largestError(gradients[i]!, gradient)).toBeLessThan(1e-5);
    });
  });

  test.each([1e30, Number.NaN, Number.POSITIVE_INFINITY])('%d at a forbidden position changes no bit', (poison) => {
    const shape = { batch: 1, targets: 6, sources: 9, heads: 2, groups: 1, channels: 8 };
    const clean = problem(shape);
    const forbidden = 4;
    const mask = { ...clean.mask, values: clean.mask.values.map((value, i) => (i % 9 === forbidden ? 0 : value)) };
    const poisoned = (operand: Operand): Operand => ({
      ...operand,
      values: operand.values.map((value, i) => (Math.floor(i / 8) === forbidden ? poison : value)),
    });
    const results = [clean, { ...clean, key: poisoned(clean.key), value: poisoned(clean.value) }].map((operands) => {
      const inputs = { query: operands.query, key: operands.key, value: operands.value, mask };
      const [output, probabilities] = run(FusedKernel.Attention, inputs, { scale });
      const saved = { values: [...probabilities!], shape: [1, 2, 6, 9] };
      const outputGradient = { values: numbers(96, 7), shape: clean.query.shape };
      const gradients = run(
        FusedKernel.AttentionGradient,
        { outputGradient, ...inputs, probabilities: saved },
        { scale },
      );
      return [output!, probabilities!, ...gradients];
    });
    expect(results[1]).toEqual(results[0]);
  });

  test('a NaN at an allowed position is not hidden', () => {
    const operands = problem(shapes[1]!);
    const values = operands.key.values.map(() => Number.NaN);
    const [output] = run(FusedKernel.Attention, { ...operands, key: { ...operands.key, values } }, { scale });
    expect([...output!].some(Number.isNaN)).toBe(true);
  });
});

describe('norms', () => {
  const epsilon = 1e-5;
  const rows = 5;

  test.each(WIDTHS)('layer norm of width %i', (columns) => {
    const shape = [rows, columns];
    const x = { values: numbers(rows * columns, 1, 2), shape };
    const scale = { values: numbers(columns, 2).map((value) => value + 1.5), shape: [columns] };
    const offset = { values: numbers(columns, 3), shape: [columns] };
    const [y] = run(FusedKernel.LayerNorm, { x, scale, offset }, { epsilon });
    expect(largestError(y!, reference.layerNorm(x.values, scale.values, offset.values, epsilon))).toBeLessThan(2e-5);
    if (columns < 3) return;
    const outputGradient = { values: numbers(rows * columns, 4), shape };
    const gradients = run(FusedKernel.LayerNormGradient, { outputGradient, x, scale }, { epsilon });
    const expected = [
      finiteDifference(
        (v) => reference.layerNorm(v, scale.values, offset.values, epsilon),
        x.values,
        outputGradient.values,
      ),
      finiteDifference(
        (v) => reference.layerNorm(x.values, v, offset.values, epsilon),
        scale.values,
        outputGradient.values,
      ),
      finiteDifference(
        (v) => reference.layerNorm(x.values, scale.values, v, epsilon),
        offset.values,
        outputGradient.values,
      ),
    ];
    expected.forEach((gradient, i) => {
      expect(largestError(gradients[i]!, gradient)).toBeLessThan(5e-5);
    });
  });

  test.each(WIDTHS)('RMS norm of width %i', (columns) => {
    const shape = [rows, columns];
    const x = { values: numbers(rows * columns, 1, 2), shape };
    const scale = { values: numbers(columns, 2).map((value) => value + 1.5), shape: [columns] };
    const [y] = run(FusedKernel.RmsNorm, { x, scale }, { epsilon });
    expect(largestError(y!, reference.rmsNorm(x.values, scale.values, epsilon))).toBeLessThan(5e-6);
    const outputGradient = { values: numbers(rows * columns, 4), shape };
    const gradients = run(FusedKernel.RmsNormGradient, { outputGradient, x, scale }, { epsilon });
    const expected = [
      finiteDifference((v) => reference.rmsNorm(v, scale.values, epsilon), x.values, outputGradient.values),
      finiteDifference((v) => reference.rmsNorm(x.values, v, epsilon), scale.values, outputGradient.values),
    ];
    expected.forEach((gradient, i) => {
      expect(largestError(gradients[i]!, gradient)).toBeLessThan(5e-5);
    });
  });
});

describe('activations', () => {
  const shape = [7, 33];
  const values = numbers(231, 1, 8);
  const up = { values: numbers(231, 2), shape };
  const outputGradient = { values: numbers(231, 3), shape };

  test('GELU and its gradient', () => {
    const x = { values, shape };
    expect(largestError(run(FusedKernel.Gelu, { x })[0]!, reference.gelu(values))).toBeLessThan(5e-7);
    const expected = finiteDifference(reference.gelu, values, outputGradient.values);
    expect(largestError(run(FusedKernel.GeluGradient, { outputGradient, x })[0]!, expected)).toBeLessThan(2e-6);
  });

  test('SwiGLU and its gradients', () => {
    const gate = { values, shape };
    expect(largestError(run(FusedKernel.Swiglu, { gate, up })[0]!, reference.swiglu(values, up.values))).toBeLessThan(
      5e-7,
    );
    const gradients = run(FusedKernel.SwigluGradient, { outputGradient, gate, up });
    const byGate = finiteDifference((v) => reference.swiglu(v, up.values), values, outputGradient.values);
    const byUp = finiteDifference((v) => reference.swiglu(values, v), up.values, outputGradient.values);
    expect(largestError(gradients[0]!, byGate)).toBeLessThan(2e-6);
    expect(largestError(gradients[1]!, byUp)).toBeLessThan(2e-6);
  });
});

describe('embedding and rotary positions', () => {
  test.each([1, 3, 8, 17])('rows of width %i and their gradient', (width) => {
    const table = { values: numbers(11 * width, 1), shape: [11, width] };
    const ids = { values: [3, 0, 10, 3, 3, 7], shape: [2, 3], dtype: 'int32' as const };
    const [y] = run(FusedKernel.EmbeddingLookup, { table, ids });
    const lookup = (values: Numbers) => ids.values.flatMap((id) => values.slice(id * width, (id + 1) * width));
    expect([...y!]).toEqual(lookup(table.values));
    const outputGradient = { values: numbers(6 * width, 2), shape: [2, 3, width] };
    const [gradient] = run(FusedKernel.EmbeddingGradient, { outputGradient, ids }, { vocabularySize: 11 });
    expect(largestError(gradient!, finiteDifference(lookup, table.values, outputGradient.values))).toBeLessThan(1e-6);
  });

  test.each([11, -1])('id %i is refused, with its place', (bad) => {
    const table = { values: numbers(22, 1), shape: [11, 2] };
    const ids = { values: [3, bad], shape: [2], dtype: 'int32' as const };
    expect(() => run(FusedKernel.EmbeddingLookup, { table, ids })).toThrow(
      expect.objectContaining({
        defect: expect.objectContaining({ code: 'index-out-of-range', position: 1, index: bad, limit: 11 }),
      }),
    );
  });

  test.each([
    [1, 2],
    [3, 8],
    [2, 6],
    [4, 24],
  ])('rotation of %i heads of %i channels', (heads, channels) => {
    const half = channels / 2;
    const angles = numbers(10 * half, 3, 3);
    const table = (f: (angle: number) => number) => ({ values: angles.map(f), shape: [10, half] });
    const positions = { values: [0, 1, 9, 4, 5, 6], shape: [2, 3], dtype: 'int32' as const };
    const x = { values: numbers(6 * heads * channels, 1), shape: [2, 3, heads, channels] };
    const operands = { positions, cosine: table(Math.cos), sine: table(Math.sin) };
    const [y] = run(FusedKernel.RotaryEmbedding, { x, ...operands }, { inverse: false });
    const expected = reference.rotary(x.values, positions.values, angles, heads, channels);
    expect(largestError(y!, expected)).toBeLessThan(1e-6);
    const rotated = { ...x, values: [...y!] };
    const [back] = run(FusedKernel.RotaryEmbedding, { x: rotated, ...operands }, { inverse: true });
    expect(largestError(back!, x.values)).toBeLessThan(1e-6);
  });
});

describe('cross-entropy', () => {
  test.each([2, 5, 16, 33, 203])('over %i classes', (columns) => {
    const rows = 6;
    const ignoreIndex = -100;
    const logits = { values: numbers(rows * columns, 1, 5), shape: [rows, columns] };
    const labels = { values: [0, columns - 1, ignoreIndex, 1, 0, ignoreIndex], shape: [rows], dtype: 'int32' as const };
    const [losses] = run(FusedKernel.SoftmaxCrossEntropy, { logits, labels }, { ignoreIndex });
    const forward = (values: Numbers) => reference.crossEntropy(values, labels.values, columns, ignoreIndex);
    expect(largestError(losses!, forward(logits.values))).toBeLessThan(1e-6);
    const outputGradient = { values: numbers(rows, 3), shape: [rows] };
    const [gradient] = run(
      FusedKernel.SoftmaxCrossEntropyGradient,
      { outputGradient, logits, labels },
      { ignoreIndex },
    );
    const expected = finiteDifference(forward, logits.values, outputGradient.values);
    expect(largestError(gradient!, expected)).toBeLessThan(1e-6);
  });

  test('logits far apart stay finite; a label outside the classes is refused', () => {
    const logits = { values: [1e30, -1e30, 0], shape: [1, 3] };
    const label = (value: number) => ({ values: [value], shape: [1], dtype: 'int32' as const });
    const attributes = { ignoreIndex: -1 };
    expect(run(FusedKernel.SoftmaxCrossEntropy, { logits, labels: label(0) }, attributes)[0]![0]).toBe(0);
    expect(() => run(FusedKernel.SoftmaxCrossEntropy, { logits, labels: label(3) }, attributes)).toThrow(
      /labels\[0\] is 3; expected an integer from 0 to 2/,
    );
  });
});

describe('optimizer', () => {
  test.each([1, 7, 33])('AdamW on %i numbers', (count) => {
    const shape = [count];
    const [p, g, m] = [numbers(count, 1), numbers(count, 2), numbers(count, 3, 0.1)];
    const v = numbers(count, 4, 0.01).map(Math.abs);
    const attributes = {
      learningRate: 3e-3,
      beta1: 0.9,
      beta2: 0.98,
      epsilon: 1e-8,
      weightDecay: 0.1,
      biasCorrection1: 1 - 0.9 ** 3,
      biasCorrection2: 1 - 0.98 ** 3,
      gradientScale: 0.7,
    };
    const outputs = run(
      FusedKernel.AdamW,
      {
        parameter: { values: p, shape },
        gradient: { values: g, shape },
        firstMoment: { values: m, shape },
        secondMoment: { values: v, shape },
      },
      attributes,
    );
    const first = m.map((value, i) => 0.9 * value + 0.1 * g[i]! * 0.7);
    const second = v.map((value, i) => 0.98 * value + 0.02 * (g[i]! * 0.7) ** 2);
    const parameter = p.map((value, i) => {
      const step = first[i]! / attributes.biasCorrection1 / (Math.sqrt(second[i]! / attributes.biasCorrection2) + 1e-8);
      return value - 3e-3 * (step + 0.1 * value);
    });
    [parameter, first, second].forEach((expected, i) => {
      expect(largestError(outputs[i]!, expected)).toBeLessThan(1e-6);
    });
  });

  test.each([1, 2, 5, 1001])('squared norm of %i numbers', (count) => {
    const values = numbers(count, 5, 100);
    const exact = values.reduce((sum, value) => sum + value * value, 0);
    const twice = { x0: { values, shape: [count] }, x1: { values: [3], shape: [1] } };
    expect([...run(FusedKernel.SquaredNorms, twice)[0]!]).toEqual([Math.fround(exact), 9]);
  });
});
