import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { adamW } from '../../../reference-model/ops/adam-w.js';
import { attention } from '../../../reference-model/ops/attention.js';
import { embeddingLookup } from '../../../reference-model/ops/embedding-lookup.js';
import { gelu } from '../../../reference-model/ops/gelu.js';
import { layerNorm } from '../../../reference-model/ops/layer-norm.js';
import { linear } from '../../../reference-model/ops/linear.js';
import { rmsNorm } from '../../../reference-model/ops/rms-norm.js';
import { rotaryEmbedding } from '../../../reference-model/ops/rotary-embedding.js';
import { softmaxCrossEntropy } from '../../../reference-model/ops/softmax-cross-entropy.js';
import { squaredNorm } from '../../../reference-model/ops/squared-norm.js';
import { swiglu } from '../../../reference-model/ops/swiglu.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import * as reference from './float64-reference.js';
import { centralDifferences, type Dense, dense } from './float64-reference.js';

const stream = randomStream(11, 'operations');

/** Rounded to float32, so that the float64 reference and the engine start from the same numbers. */
const random = (shape: readonly number[], spread = 1): Dense =>
  dense(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(stream.normal() * spread)),
  );

const integers = (shape: readonly number[], below: number): Dense =>
  dense(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.integer(below)),
  );

interface Input {
  readonly data: Dense;
  readonly dtype?: 'int32' | 'bool';
}

const TYPED_ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function toTensor({ data, dtype = 'float32' }: { data: Dense; dtype?: keyof typeof TYPED_ARRAYS }): tf.Tensor {
  return tf.tensor(TYPED_ARRAYS[dtype].from(data.values), [...data.shape], dtype);
}

interface OperationCase {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (inputs: readonly tf.Tensor[]) => tf.Tensor;
  readonly reference: (inputs: readonly Dense[]) => Dense;
  /** Largest error relative to the largest value. */
  readonly tolerance?: number;
  readonly differentiable?: false;
}

const floats = (...data: readonly Dense[]): readonly Input[] => data.map((input) => ({ data: input }));

function linearCase(
  name: string,
  leading: readonly number[],
  inputs: number,
  outputs: number,
  bias: boolean,
): OperationCase {
  const data = [random([...leading, inputs]), random([outputs, inputs]), ...(bias ? [random([outputs])] : [])];
  return {
    name,
    inputs: floats(...data),
    run: ([x, w, b]) => linear(x!, w!, b),
    reference: ([x, w, b]) => reference.linear(x!, w!, b),
  };
}

function attentionCase(
  name: string,
  [batch, targets, sources, heads, groups, channels]: readonly [number, number, number, number, number, number],
  allowed: (from: number, to: number) => boolean,
): OperationCase {
  const mask = new Float64Array(batch * targets * sources);
  for (let i = 0; i < mask.length; i++) mask[i] = allowed(Math.floor(i / sources) % targets, i % sources) ? 1 : 0;
  return {
    name,
    inputs: [
      ...floats(
        random([batch, targets, heads, channels]),
        random([batch, sources, groups, channels]),
        random([batch, sources, groups, channels]),
      ),
      { data: dense([batch, targets, sources], mask), dtype: 'bool' },
    ],
    run: ([q, k, v, m]) => attention(q!, k!, v!, m!),
    reference: ([q, k, v, m]) => reference.attention(q!, k!, v!, m!, 1 / Math.sqrt(channels)),
  };
}

function rotaryCase(name: string, shape: readonly [number, number, number, number]): OperationCase {
  const angles = random([11, shape[3] / 2], 3);
  const table = (f: (angle: number) => number): Dense =>
    dense(
      angles.shape,
      angles.values.map((a) => Math.fround(f(a))),
    );
  const [cosine, sine] = [table(Math.cos), table(Math.sin)];
  return {
    name,
    inputs: [{ data: random(shape) }, { data: integers(shape.slice(0, 2), 11), dtype: 'int32' }],
    run: ([x, positions]) =>
      rotaryEmbedding(x!, positions!, {
        cosine: toTensor({ data: cosine }),
        sine: toTensor({ data: sine }),
      }),
    reference: ([x, positions]) => reference.rotaryEmbedding(x!, positions!, cosine, sine),
  };
}

function crossEntropyCase(name: string, rows: number, vocabulary: number, spread: number): OperationCase {
  const labels = integers([rows], vocabulary);
  const some = dense(
    [rows],
    labels.values.map((label, i) => (i % 3 === 1 ? -100 : label)),
  );
  return {
    name,
    inputs: [{ data: random([rows, vocabulary], spread) }, { data: some, dtype: 'int32' }],
    run: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!),
    reference: ([logits, targets]) => reference.softmaxCrossEntropy(logits!, targets!, -100),
  };
}

const norms = (channels: number): readonly Input[] =>
  floats(random([2, 3, channels], 2), random([channels]), random([channels]));

const CASES: readonly OperationCase[] = [
  linearCase('linear with bias', [2, 5], 7, 6, true),
  linearCase('linear without bias', [3], 16, 33, false),
  linearCase('linear of one row', [1, 1], 3, 1, true),
  linearCase('linear over several tiles', [29], 19, 21, true),
  attentionCase('attention, causal', [2, 5, 5, 4, 4, 6], (from, to) => to <= from),
  attentionCase('attention, grouped heads', [2, 6, 6, 6, 2, 4], (from, to) => to <= from || (from < 3 && to < 3)),
  attentionCase('attention over a cache', [2, 1, 9, 4, 2, 8], (_, to) => to !== 3),
  attentionCase('attention with rows that see nothing', [1, 4, 4, 2, 1, 5], (from, to) => from % 2 === 0 && to <= from),
  attentionCase('attention over everything', [1, 17, 17, 2, 2, 16], () => true),
  {
    name: 'layerNorm',
    inputs: norms(9),
    run: ([x, scale, offset]) => layerNorm(x!, scale!, offset!, 1e-6),
    reference: ([x, scale, offset]) => reference.layerNorm(x!, scale!, offset!, 1e-6),
  },
  {
    name: 'layerNorm far from the origin',
    inputs: floats(
      dense(
        [4, 32],
        random([4, 32]).values.map((v) => Math.fround(v + 50)),
      ),
      random([32]),
      random([32]),
    ),
    run: ([x, scale, offset]) => layerNorm(x!, scale!, offset!, 1e-5),
    reference: ([x, scale, offset]) => reference.layerNorm(x!, scale!, offset!, 1e-5),
    tolerance: 1e-4,
  },
  {
    name: 'rmsNorm',
    inputs: norms(10).slice(0, 2),
    run: ([x, scale]) => rmsNorm(x!, scale!, 1e-6),
    reference: ([x, scale]) => reference.rmsNorm(x!, scale!, 1e-6),
  },
  {
    name: 'gelu',
    inputs: floats(random([3, 41], 3)),
    run: ([x]) => gelu(x!),
    reference: ([x]) => reference.gelu(x!),
  },
  {
    name: 'swiglu',
    inputs: floats(random([5, 13], 3), random([5, 13])),
    run: ([gate, up]) => swiglu(gate!, up!),
    reference: ([gate, up]) => reference.swiglu(gate!, up!),
  },
  rotaryCase('rotaryEmbedding', [2, 5, 3, 8]),
  rotaryCase('rotaryEmbedding of two channels', [1, 3, 1, 2]),
  {
    name: 'embeddingLookup with repeated ids',
    inputs: [{ data: random([7, 5]) }, { data: dense([2, 4], [0, 6, 3, 3, 3, 1, 0, 6]), dtype: 'int32' }],
    run: ([table, ids]) => embeddingLookup(table!, ids!),
    reference: ([table, ids]) => reference.embeddingLookup(table!, ids!),
  },
  crossEntropyCase('softmaxCrossEntropy', 7, 11, 2),
  crossEntropyCase('softmaxCrossEntropy of large logits', 4, 131, 60),
  {
    name: 'squaredNorm',
    inputs: floats(random([6, 101])),
    run: ([x]) => squaredNorm(x!),
    reference: ([x]) => reference.squaredNorm(x!),
    differentiable: false,
  },
];

/** Largest error relative to the largest expected value (at least 1). */
function relativeError(actual: tf.Tensor, expected: ArrayLike<number>): number {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(values[i]! - value))) / scale;
}

describe.each(TEST_BACKENDS)('fused operations on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(CASES)('$name: values agree with float64', ({ inputs, run, reference: expected, tolerance = 3e-6 }) => {
    tf.tidy(() => {
      const output = run(inputs.map(toTensor));
      const { shape, values } = expected(inputs.map(({ data }) => data));
      expect(output.shape).toEqual(shape);
      expect(relativeError(output, values)).toBeLessThan(tolerance);
    });
  });

  it.each(CASES.filter(({ differentiable }) => differentiable !== false))(
    '$name: gradients agree with central differences in float64',
    ({ inputs, run, reference: expected, tolerance = 3e-6 }) => {
      tf.tidy(() => {
        const data = inputs.map((input) => input.data);
        const outputShape = expected(data).shape;
        const weights = random(outputShape);
        const differentiable = inputs.flatMap(({ dtype }, i) => (dtype === undefined ? [i] : []));
        const tensors = inputs.map(toTensor);
        const gradients = tf.grads((...xs: tf.Tensor[]) =>
          run(tensors.map((tensor, i) => xs[differentiable.indexOf(i)] ?? tensor)),
        )(
          differentiable.map((i) => tensors[i]!),
          toTensor({ data: weights }),
        );
        differentiable.forEach((which, k) => {
          const differences = centralDifferences(expected, data, which, weights.values);
          expect(relativeError(gradients[k]!, differences)).toBeLessThan(10 * tolerance);
        });
      });
    },
  );

  it('adamW: a step agrees with float64, with and without decay', () => {
    for (const weightDecay of [0, 0.1]) {
      tf.tidy(() => {
        const options = {
          learningRate: 0.01,
          beta1: 0.9,
          beta2: 0.95,
          epsilon: 1e-8,
          weightDecay,
          biasCorrection1: 1 - 0.9 ** 3,
          biasCorrection2: 1 - 0.95 ** 3,
          gradientScale: 0.5,
        };
        const [p, g, m] = [random([5, 9]), random([5, 9]), random([5, 9], 0.1)];
        const v = dense(
          [5, 9],
          random([5, 9], 0.1).values.map((x) => Math.fround(x * x)),
        );
        const [parameter, gradient, firstMoment, secondMoment] = [p, g, m, v].map((data) => toTensor({ data }));
        const updated = adamW(
          { parameter: parameter!, gradient: gradient!, firstMoment: firstMoment!, secondMoment: secondMoment! },
          options,
        );
        const expected = reference.adamW(p, g, m, v, options);
        const actual = [updated.parameter, updated.firstMoment, updated.secondMoment];
        actual.forEach((tensor, i) => {
          expect(relativeError(tensor, expected[i]!.values)).toBeLessThan(1e-6);
        });
        // The inputs are left alone.
        expect(relativeError(parameter!, p.values)).toBe(0);
        expect(relativeError(firstMoment!, m.values)).toBe(0);
      });
    }
  });

  it('leaves nothing behind: every operation and gradient returns only what it promises', () => {
    for (const { inputs, run, differentiable } of CASES) {
      const tensors = inputs.map(toTensor);
      const before = tf.memory().numTensors;
      const output = tf.tidy(() => run(tensors));
      expect(tf.memory().numTensors - before).toBe(1);
      output.dispose();
      if (differentiable !== false) {
        const floating = tensors.filter(({ dtype }) => dtype === 'float32');
        const gradients = tf.tidy(() =>
          tf.grads((...xs: tf.Tensor[]) => run([...xs, ...tensors.slice(xs.length)]))(floating),
        );
        expect(tf.memory().numTensors - before).toBe(floating.length);
        tf.dispose(gradients);
      }
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose(tensors);
    }
  });

  it('refuses tensors that do not fit together', () => {
    const zeros = (...shape: number[]): tf.Tensor => tf.zeros(shape);
    tf.tidy(() => {
      expect(() => linear(zeros(2, 3), zeros(4, 5))).toThrow(
        'linear: weight must be float32 [4, 3], got float32 [4, 5].',
      );
      expect(() => linear(zeros(2, 3), zeros(4, 3), zeros(3))).toThrow('bias must be float32 [4]');
      const mask = tf.ones([1, 2, 2], 'bool');
      expect(() => attention(zeros(1, 2, 3, 4), zeros(1, 2, 2, 4), zeros(1, 2, 2, 4), mask)).toThrow('3 query heads');
      expect(() => attention(zeros(1, 2, 2, 4), zeros(1, 2, 2, 4), zeros(1, 2, 2, 4), zeros(1, 2, 2))).toThrow('mask');
      expect(() => layerNorm(zeros(2, 3), zeros(3), zeros(2), 1e-6)).toThrow('offset must be float32 [3]');
      expect(() => rmsNorm(zeros(2, 3), zeros(2), 1e-6)).toThrow('scale must be float32 [3]');
      expect(() => swiglu(zeros(2, 3), zeros(3, 2))).toThrow('up must be float32 [2, 3]');
      expect(() => embeddingLookup(zeros(4, 2), zeros(3))).toThrow('ids must be int32 [3]');
      expect(() => softmaxCrossEntropy(zeros(4, 2), tf.zeros([3], 'int32'))).toThrow('labels must be int32 [4]');
    });
  });

  it('refuses an id outside the table, and works afterwards', () => {
    tf.tidy(() => {
      const table = tf.ones([4, 2]);
      for (const id of [4, -1]) expect(() => embeddingLookup(table, tf.tensor1d([0, id], 'int32'))).toThrow(String(id));
      expect(embeddingLookup(table, tf.tensor1d([3], 'int32')).dataSync()).toEqual(Float32Array.of(1, 1));
    });
  });

  it('never computes the gradient of a frozen weight', async () => {
    const [x, weight, bias] = [tf.ones([6, 3]), tf.ones([4, 3]), tf.ones([4])];
    const matrixProducts = async (run: () => tf.Tensor[]): Promise<number> =>
      (await tf.profile(() => tf.tidy(run))).kernels.filter(({ name }) => name === 'BatchMatMul').length;
    const forward = await matrixProducts(() => [linear(x, weight, bias)]);
    const frozen = await matrixProducts(() => tf.grads((a: tf.Tensor) => linear(a, weight, bias))([x]));
    const trained = await matrixProducts(() => tf.grads((w: tf.Tensor) => linear(x, w, bias))([weight]));
    const both = await matrixProducts(() => tf.grads((a: tf.Tensor, w: tf.Tensor) => linear(a, w, bias))([x, weight]));
    expect([frozen, trained, both].map((count) => count - forward)).toEqual([1, 1, 2]);
    tf.dispose([x, weight, bias]);
  });
});
