import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { adamW } from '../../../reference-model/ops/adam-w.js';
import { attention } from '../../../reference-model/ops/attention.js';
import { embeddingLookup } from '../../../reference-model/ops/embedding-lookup.js';
import { layerNorm } from '../../../reference-model/ops/layer-norm.js';
import { linear } from '../../../reference-model/ops/linear.js';
import { rmsNorm } from '../../../reference-model/ops/rms-norm.js';
import { softmaxCrossEntropy } from '../../../reference-model/ops/softmax-cross-entropy.js';
import { swiglu } from '../../../reference-model/ops/swiglu.js';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import * as reference from './float64-reference.js';
import { centralDifferences, dense } from './float64-reference.js';
import { CASES, random, toTensor } from './operation-cases.js';

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
      const mask = (allowed: tf.Tensor) => ({ kind: 'dense', allowed }) as const;
      expect(() =>
        attention(zeros(1, 2, 3, 4), zeros(1, 2, 2, 4), zeros(1, 2, 2, 4), mask(tf.ones([1, 2, 2], 'bool'))),
      ).toThrow('3 query heads');
      expect(() => attention(zeros(1, 2, 2, 4), zeros(1, 2, 2, 4), zeros(1, 2, 2, 4), mask(zeros(1, 2, 2)))).toThrow(
        'mask',
      );
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
