/** Gradients of stock operations against central finite differences of the same operation, on the CPU and the wasm backend. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { TEST_BACKENDS, useBackend } from '../backends.js';
import { finiteDifference, largestError, numbers } from './float64.js';

type Operation = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** Operations of x [2, 3, 4] and y [3, 4]; both are kept away from kinks and poles. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'add broadcast': (x, y) => tf.add(x, y),
  'subtract broadcast': (x, y) => tf.sub(y, x),
  'multiply broadcast': (x, y) => tf.mul(x, y),
  'divide broadcast': (x, y) => tf.div(x, y),
  maximum: (x, y) => tf.maximum(x, tf.mul(y, 1.37)),
  minimum: (x, y) => tf.minimum(x, tf.mul(y, 1.37)),
  'squared difference': (x, y) => tf.squaredDifference(x, y),
  matMul: (x, y) => tf.matMul(tf.reshape(x, [6, 4]), y, false, true),
  'matMul of transposed': (x, y) => tf.matMul(tf.reshape(x, [4, 6]), tf.reshape(y, [4, 3]), true, false),
  'matMul of both transposed': (x, y) => tf.matMul(tf.reshape(x, [4, 6]), tf.reshape(y, [3, 4]), true, true),
  'batched matMul with one matrix': (x, y) => tf.matMul(x, tf.reshape(y, [4, 3])),
  'elementary functions': (x) => tf.tanh(tf.sigmoid(tf.exp(tf.neg(tf.log(tf.square(tf.sqrt(x))))))),
  'reciprocal functions': (x) => tf.add(tf.rsqrt(x), tf.reciprocal(tf.abs(x))),
  trigonometry: (x) => tf.mul(tf.sin(x), tf.cos(x)),
  relu: (x) => tf.relu(tf.sub(x, 1.111)),
  'sum of an axis': (x) => tf.sum(x, 1),
  'mean of axes': (x) => tf.mean(x, [0, 2], true),
  'maximum of an axis': (x) => tf.max(x, -1),
  'reshape and transpose': (x) => tf.transpose(tf.expandDims(tf.reshape(x, [4, 6]), 1), [2, 0, 1]),
  'concat and slice': (x, y) => tf.slice(tf.concat([x, tf.expandDims(y, 0)], 0), [1, 0, 1], [2, 3, 2]),
  'split and stack': (x) => tf.stack([...tf.split(x, 2, 2)].reverse(), 1),
  'pad and tile': (x) =>
    tf.tile(
      tf.pad(x, [
        [0, 0],
        [1, 0],
        [0, 2],
      ]),
      [2, 1, 3],
    ),
  gather: (x) =>
    tf.gather(
      x,
      tf.tensor2d(
        [
          [1, 1],
          [0, 1],
        ],
        [2, 2],
        'int32',
      ),
    ),
  where: (x, y) => tf.where(tf.greater(x, 1), tf.mul(x, y), tf.neg(x)),
  softmax: (x) => tf.softmax(x),
  'cast and clone': (x) => tf.clone(tf.cast(x, 'float32')),
};

/** Values of an operation, computed in the precision of the backend. */
function valuesOf(operation: Operation, x: readonly number[], y: readonly number[]): number[] {
  return tf.tidy(() => [...operation(tf.tensor([...x], [2, 3, 4]), tf.tensor([...y], [3, 4])).dataSync()]);
}

describe.each(TEST_BACKENDS)('on %s', (backend) => {
  test.each(Object.entries(OPERATIONS))('%s', async (_, operation) => {
    await useBackend(backend);
    const x = numbers(24, 1).map((value) => value + 1.2);
    const y = numbers(12, 2).map((value) => value + 1.4);
    const outputGradient = numbers(valuesOf(operation, x, y).length, 3);
    const gradients = tf.tidy(() => {
      const weighted = (a: tf.Tensor, b: tf.Tensor) => {
        const result = operation(a, b);
        return tf.sum(tf.mul(tf.add(result, tf.mul(tf.sum(b), 0)), tf.tensor(outputGradient, result.shape)));
      };
      return tf
        .grads(weighted)([tf.tensor(x, [2, 3, 4]), tf.tensor(y, [3, 4])])
        .map((gradient) => [...gradient.dataSync()]);
    });
    // A float32 forward allows only a wide step: 1e-2 around smooth functions, wrong by about its square.
    const numeric = [
      finiteDifference((values) => valuesOf(operation, values, y), x, outputGradient, 1e-2),
      finiteDifference((values) => valuesOf(operation, x, values), y, outputGradient, 1e-2),
    ];
    expect(largestError(gradients[0]!, numeric[0]!)).toBeLessThan(2e-3);
    expect(largestError(gradients[1]!, numeric[1]!)).toBeLessThan(2e-3);
  });
});
