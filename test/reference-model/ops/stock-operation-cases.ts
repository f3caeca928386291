/** Stock operations with numbers to run them on, for backends that must give what the CPU backend gives. */
import * as tf from '@tensorflow/tfjs-core';
import { dense } from './float64-reference.js';
import { random, toTensor } from './operation-cases.js';

const x = random([2, 3, 4]);
const y = random([3, 4]);
const flags = dense(
  [2, 3, 4],
  Array.from(x.values, (value) => Number(value > 0)),
);

const OPERATIONS: Readonly<Record<string, (x: tf.Tensor, y: tf.Tensor, flags: tf.Tensor) => tf.Tensor>> = {
  'broadcast arithmetic': (a, b) => tf.div(tf.sub(tf.mul(a, b), tf.add(b, a)), tf.add(tf.square(b), 1)),
  'numbers on either side': (a) => tf.sub(tf.mul(2, tf.add(a, 3)), tf.div(tf.sub(1, a), 4)),
  extremes: (a, b) => tf.add(tf.maximum(a, b), tf.squaredDifference(tf.minimum(a, b), 0.5)),
  'functions of one operand': (a) =>
    tf.addN([tf.exp(a), tf.tanh(a), tf.sigmoid(a), tf.relu(a), tf.abs(a), tf.sin(a), tf.cos(a), tf.sign(a)]),
  'functions of positive numbers': (a) => {
    const positive = tf.add(tf.abs(a), 0.5);
    return tf.addN([tf.sqrt(positive), tf.rsqrt(positive), tf.log(positive), tf.reciprocal(positive)]);
  },
  roundings: (a) => tf.addN([tf.floor(a), tf.mul(tf.ceil(a), 10), tf.mul(tf.round(a), 100)]),
  comparisons: (a, b) =>
    tf.addN(
      [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual].map((compare, i) =>
        tf.mul(tf.cast(compare(a, b), 'float32'), 2 ** i),
      ),
    ),
  logic: (a, b, c) =>
    tf.where(tf.logicalOr(tf.logicalNot(c as tf.Tensor), tf.greater(a, b)), a, tf.mul(b, tf.onesLike(a))),
  sums: (a) => tf.concat([tf.sum(a, [0, 2]), tf.mean(a, [0, 2]), tf.max(a, [0, 2]), tf.min(a, [0, 2])]),
  'sums that keep axes': (a) => tf.add(tf.sum(a, -1, true), tf.mean(a, 1, true)),
  'sum of everything': (a) => tf.sum(a),
  places: (a) => tf.cast(tf.add(tf.argMax(a, 1), tf.mul(tf.argMin(a, 1), tf.scalar(10, 'int32'))), 'float32'),
  'any and all': (a) => tf.cast(tf.logicalAnd(tf.any(tf.greater(a, 0), 1), tf.all(tf.less(a, 9), 1)), 'float32'),
  softmax: (a) => tf.softmax(a),
  'matrix products': (a, b) =>
    tf.concat([tf.matMul(a, b, false, true), tf.matMul(tf.transpose(a, [0, 2, 1]), b, true, true)], 0),
  layout: (a) => tf.transpose(tf.reshape(tf.expandDims(a, 1), [4, 3, 2]), [2, 0, 1]),
  'cut and joined': (a, b) => tf.concat([tf.slice(a, [1, 0, 1], [1, 3, -1]), tf.slice(tf.expandDims(b), [0, 0, 1])], 1),
  'split and stacked': (a) => tf.stack([...tf.split(a, [1, 3], 2).slice(1), ...tf.split(a, [3, 1], 2).slice(0, 1)], 1),
  unstacked: (a) => tf.concat(tf.unstack(a, 1), 0),
  'tiled and padded': (a) =>
    tf.pad(
      tf.tile(a, [2, 1, 3]),
      [
        [1, 0],
        [0, 2],
        [2, 1],
      ],
      7,
    ),
  gathered: (a) => tf.gather(a, tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'), 1),
  'summed by segments': (a) =>
    tf.unsortedSegmentSum(tf.reshape(a, [6, 4]), tf.tensor1d([0, 2, 2, 1, 0, 2], 'int32'), 4),
  'integer arithmetic': (a) => {
    const whole = tf.cast(tf.mul(a, 5), 'int32');
    return tf.cast(tf.add(tf.sum(whole, 1), tf.max(whole, 1)), 'float32');
  },
  'made by the engine': (a) => tf.addN([tf.fill([2, 3, 4], 2), tf.zerosLike(a), tf.onesLike(a), tf.clone(a)]),
};

export interface StockResult {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

/** Name of each, and what runs it on the current backend. */
export const STOCK_CASES: readonly (readonly [string, () => StockResult])[] = Object.entries(OPERATIONS).map(
  ([name, operation]) => [
    name,
    () =>
      tf.tidy(() => {
        const result = operation(
          toTensor({ data: x }),
          toTensor({ data: y }),
          toTensor({ data: flags, dtype: 'bool' }),
        );
        return { shape: result.shape, dtype: result.dtype, values: [...result.dataSync()] };
      }),
  ],
);
