/** Stock tfjs kernels of the wasm engine against plain JavaScript in float64, with broadcasting, odd sizes and other types. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { Heap } from '../../../reference-model/engines/wasm/heap.js';
import { instantiateKernels, loadKernelModule } from '../../../reference-model/engines/wasm/kernel-module.js';
import { largestError, numbers } from './float64.js';

beforeAll(async () => {
  await activateEngine('wasm');
});

const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Result of a tfjs expression as plain numbers and its shape. */
function evaluate(expression: () => tf.Tensor): { values: number[]; shape: number[] } {
  const result = tf.tidy(expression);
  const values = [...result.dataSync()];
  result.dispose();
  return { values, shape: result.shape };
}

/** Index into an operand of `own` shape for element `index` of the broadcast `outer` shape. */
function broadcastIndex(index: number, outer: readonly number[], own: readonly number[]): number {
  let rest = index;
  let offset = 0;
  let stride = 1;
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    const position = rest % outer[axis]!;
    rest = Math.floor(rest / outer[axis]!);
    const length = own[axis - outer.length + own.length] ?? 1;
    offset += length === 1 ? 0 : position * stride;
    stride *= length;
  }
  return offset;
}

const BINARY: readonly [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => number][] = [
  ['add', tf.add, (a, b) => a + b],
  ['sub', tf.sub, (a, b) => a - b],
  ['mul', tf.mul, (a, b) => a * b],
  ['div', tf.div, (a, b) => a / b],
  ['maximum', tf.maximum, Math.max],
  ['minimum', tf.minimum, Math.min],
  ['squaredDifference', tf.squaredDifference, (a, b) => Math.fround(a - b) ** 2],
];

describe.each(BINARY)('%s', (_, operation, expected) => {
  test('rounds correctly under every broadcast', () => {
    const axes = fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.constantFrom('both', 'a', 'b')), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(axes, fc.nat(4), (lengths, dropped) => {
        const shapeA = lengths.map(([length, side]) => (side === 'b' ? 1 : length));
        const shapeB = lengths.map(([length, side]) => (side === 'a' ? 1 : length)).slice(dropped);
        const outer = tf.broadcast_util.assertAndGetBroadcastShape(shapeA, shapeB);
        const [a, b] = [numbers(count(shapeA), 1), numbers(count(shapeB), 2)];
        const result = evaluate(() => operation(tf.tensor(a, shapeA), tf.tensor(b, shapeB)));
        const reference = Array.from({ length: count(outer) }, (__, i) =>
          Math.fround(expected(a[broadcastIndex(i, outer, shapeA)]!, b[broadcastIndex(i, outer, shapeB)]!)),
        );
        expect(result).toEqual({ values: reference, shape: outer });
      }),
      { numRuns: 40, seed: 3 },
    );
  });
});

test('binary kernels write nothing beside their result', () => {
  const kernels = instantiateKernels(loadKernelModule());
  const heap = new Heap(kernels.memory, kernels.heapStart());
  const [a, b, out] = [heap.allocate(4096), heap.allocate(4096), heap.allocate(4096)];
  for (let rows = 1; rows <= 9; rows++) {
    for (let columns = 1; columns <= 17; columns++) {
      const size = rows * columns;
      new Float32Array(heap.buffer, a, size).fill(1);
      new Float32Array(heap.buffer, b, columns).fill(2);
      const result = new Float32Array(heap.buffer, out, size + 8).fill(-7);
      kernels.add(rows, columns, a, columns * 4, 16, b, 0, 16, out);
      expect([...result]).toEqual([...new Array(size).fill(3), ...new Array(8).fill(-7)]);
    }
  }
});

test('integers go through the exact CPU kernels', () => {
  const sum = evaluate(() => tf.add(tf.tensor1d([2 ** 30, 7], 'int32'), tf.tensor1d([1, -9], 'int32')));
  expect(sum.values).toEqual([2 ** 30 + 1, -2]);
});

describe('functions of one number', () => {
  const values = [...numbers(61, 1, 30), ...numbers(40, 2, 1e-3), 0, -0, 87, -87, 88.7, -103, 1e-30];
  const positive = values.map((value) => Math.fround(Math.abs(value) + 1e-3));
  /** Largest relative error in units of float32 rounding (2⁻²⁴). */
  const worstUlp = (actual: readonly number[], exact: readonly number[]) =>
    exact.reduce((worst, value, i) => {
      const error = Math.abs(actual[i]! - value) / Math.max(Math.abs(value), 2 ** -126);
      return Math.max(worst, error * 2 ** 24);
    }, 0);

  test.each<[string, (x: tf.Tensor) => tf.Tensor, (x: number) => number, number[], number]>([
    ['exp', tf.exp, (x) => (x < -87.33 ? 0 : Math.exp(x)), values, 3],
    ['sigmoid', tf.sigmoid, (x) => 1 / (1 + Math.exp(-x)), values.filter((x) => x > -87), 4],
    ['tanh', tf.tanh, Math.tanh, values, 9],
    ['log', tf.log, Math.log, positive, 1.01],
    ['sin', tf.sin, Math.sin, values, 1.01],
    ['cos', tf.cos, Math.cos, values, 1.01],
    ['sqrt', tf.sqrt, Math.sqrt, positive, 1.01],
    ['rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x), positive, 3],
    ['reciprocal', tf.reciprocal, (x) => 1 / x, positive, 1.01],
    ['neg', tf.neg, (x) => -x, values, 0],
    ['square', tf.square, (x) => x * x, values, 1.01],
    ['abs', tf.abs, Math.abs, values, 0],
    ['relu', tf.relu, (x) => Math.max(x, 0), values, 0],
  ])('%s', (_, operation, exact, inputs, ulps) => {
    const { values: actual } = evaluate(() => operation(tf.tensor1d(inputs)));
    expect(
      worstUlp(
        actual,
        inputs.map((x) => exact(Math.fround(x))),
      ),
    ).toBeLessThanOrEqual(ulps);
  });

  test('exp, sigmoid and tanh at the ends of the line', () => {
    const ends = tf.tensor1d([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1000, -1000]);
    expect(evaluate(() => tf.exp(ends)).values).toEqual([
      Number.POSITIVE_INFINITY,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      0,
    ]);
    expect(evaluate(() => tf.sigmoid(ends)).values).toEqual([1, 0, Number.NaN, 1, 0]);
    expect(evaluate(() => tf.tanh(ends)).values).toEqual([1, -1, Number.NaN, 1, -1]);
    ends.dispose();
  });

  test('exp of integers is the native function, not the JavaScript one', () => {
    const ofInteger = evaluate(() => tf.engine().runKernel('Exp', { x: tf.tensor1d([1, 2, 3], 'int32') }) as tf.Tensor);
    expect(ofInteger.values).toEqual(evaluate(() => tf.exp(tf.tensor1d([1, 2, 3]))).values);
  });

  test.each(['Pow', 'Erf', 'Softplus', 'Multinomial', 'FFT'])(
    '%s, which JavaScript would compute, is refused',
    (name) => {
      expect(() => tf.engine().runKernel(name, {})).toThrow(/not registered/);
    },
  );
});

describe('reductions', () => {
  const shape = [3, 5, 7, 2];
  const x = numbers(count(shape), 1);

  /** Float64 reduction over axes. */
  function reduce(axes: readonly number[], combine: (values: number[]) => number): number[] {
    const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const groups = new Map<string, number[]>();
    x.forEach((value, index) => {
      const position = tf.util.indexToLoc(index, 4, tf.util.computeStrides(shape));
      const key = kept.map((axis) => position[axis]).join();
      groups.set(key, [...(groups.get(key) ?? []), value]);
    });
    return [...groups.values()].map(combine);
  }

  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

  test.each([[[0]], [[1]], [[3]], [[0, 1]], [[2, 3]], [[1, 2]], [[0, 3]], [[0, 2]], [[0, 1, 2, 3]]])(
    'over axes %j',
    (axes) => {
      const tensor = tf.tensor(x, shape);
      const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const sum = evaluate(() => tf.sum(tensor, axes, true));
      expect(sum.shape).toEqual(kept);
      expect(largestError(sum.values, reduce(axes, total))).toBeLessThan(1e-6);
      expect(largestError(evaluate(() => tf.sum(tensor, axes)).values, reduce(axes, total))).toBeLessThan(1e-6);
      const mean = reduce(axes, (values) => total(values) / values.length);
      expect(largestError(evaluate(() => tf.mean(tensor, axes)).values, mean)).toBeLessThan(1e-6);
      expect(evaluate(() => tf.max(tensor, axes)).values).toEqual(reduce(axes, (values) => Math.max(...values)));
      tensor.dispose();
    },
  );

  test.each([
    [1600, 1],
    [1601, 33],
    [2, 5000],
  ])('long sums over [%i, %i] stay accurate', (rows, columns) => {
    const values = numbers(rows * columns, 2);
    const tensor = tf.tensor(values, [rows, columns]);
    const byColumn = Array.from({ length: columns }, (_, j) => total(values.filter((__, i) => i % columns === j)));
    expect(largestError(evaluate(() => tf.sum(tensor, 0)).values, byColumn.slice(0, columns))).toBeLessThan(1e-5);
    tensor.dispose();
  });

  test('NaN reaches the maximum', () => {
    expect(evaluate(() => tf.max(tf.tensor1d([1, Number.NaN, 2, 3, 4, 5]))).values).toEqual([Number.NaN]);
  });
});

describe('layout', () => {
  const shape = [2, 3, 4, 5];
  const x = numbers(120, 1);
  const at = (position: readonly number[]) => x[tf.util.locToIndex([...position], 4, tf.util.computeStrides(shape))]!;

  test.each([[[0, 2, 1, 3]], [[3, 2, 1, 0]], [[0, 1, 3, 2]], [[2, 3, 0, 1]]])('transpose %j', (perm) => {
    const result = evaluate(() => tf.transpose(tf.tensor(x, shape), perm));
    const strides = tf.util.computeStrides(result.shape);
    const expected = x.map((_, index) => {
      const position = tf.util.indexToLoc(index, 4, strides);
      return at(shape.map((__, axis) => position[perm.indexOf(axis)]!));
    });
    expect(result.values).toEqual(expected);
  });

  test('transpose of six axes, none of which join', () => {
    const lengths = [2, 3, 2, 2, 5, 2];
    const perm = [5, 3, 1, 4, 2, 0];
    const values = numbers(count(lengths), 2);
    const result = evaluate(() => tf.transpose(tf.tensor(values, lengths), perm));
    const [from, to] = [tf.util.computeStrides(lengths), tf.util.computeStrides(result.shape)];
    const expected = values.map((_, index) => {
      const position = tf.util.indexToLoc(index, 6, to);
      return values[
        tf.util.locToIndex(
          lengths.map((__, axis) => position[perm.indexOf(axis)]!),
          6,
          from,
        )
      ]!;
    });
    expect(result.values).toEqual(expected);
  });

  test('slice, concat and split undo each other, for floats and integers', () => {
    for (const dtype of ['float32', 'int32'] as const) {
      for (const axis of [0, 1, 2, 3]) {
        const values = dtype === 'int32' ? x.map((value) => Math.trunc(value * 100)) : x;
        const result = evaluate(() => {
          const tensor = tf.tensor(values, shape, dtype);
          const begin = shape.map((_, i) => (i === axis ? 1 : 0));
          const first = tf.slice(
            tensor,
            [0, 0, 0, 0],
            shape.map((length, i) => (i === axis ? 1 : length)),
          );
          return tf.concat(
            [
              first,
              tf.slice(
                tensor,
                begin,
                shape.map((length, i) => (i === axis ? length - 1 : length)),
              ),
            ],
            axis,
          );
        });
        expect(result.values).toEqual(tf.tidy(() => [...tf.tensor(values, shape, dtype).dataSync()]));
      }
    }
  });

  test('gather takes rows and refuses indices outside', () => {
    const rows = evaluate(() => tf.gather(tf.tensor(x, [8, 15]), tf.tensor1d([7, 0, 7], 'int32')));
    expect(rows.values).toEqual([...x.slice(105), ...x.slice(0, 15), ...x.slice(105)]);
    expect(() => evaluate(() => tf.gather(tf.tensor(x, [8, 15]), tf.tensor1d([8], 'int32')))).toThrow(/from 0 to 7/);
  });

  test('casts, fills and softmax', () => {
    expect(evaluate(() => tf.cast(tf.tensor1d([1, -2, 3], 'int32'), 'float32')).values).toEqual([1, -2, 3]);
    expect(evaluate(() => tf.cast(tf.tensor1d([true, false, true], 'bool'), 'float32')).values).toEqual([1, 0, 1]);
    expect(evaluate(() => tf.cast(tf.tensor1d([1.7, -1.7]), 'int32')).values).toEqual([1, -1]);
    expect(evaluate(() => tf.fill([5], 2.5)).values).toEqual([2.5, 2.5, 2.5, 2.5, 2.5]);
    expect(evaluate(() => tf.onesLike(tf.zeros([3]))).values).toEqual([1, 1, 1]);
    const row = evaluate(() => tf.softmax(tf.tensor1d([1, 2, 3]))).values;
    const exponentials = [1, 2, 3].map(Math.exp);
    const sum = exponentials.reduce((a, b) => a + b);
    expect(
      largestError(
        row,
        exponentials.map((value) => value / sum),
      ),
    ).toBeLessThan(1e-6);
    expect(evaluate(() => tf.addN([tf.tensor1d([1, 2]), tf.tensor1d([3, 4]), tf.tensor1d([5, 6])])).values).toEqual([
      9, 12,
    ]);
  });

  test('kernels of the CPU backend work on the same tensors', () => {
    const result = evaluate(() => {
      const product = tf.mul(tf.tensor1d([1, 2, 3, 4]), 2);
      const chosen = tf.where(tf.greater(product, 4), product, tf.zerosLike(product));
      return tf.add(tf.tile(chosen, [2]), 1);
    });
    expect(result.values).toEqual([1, 1, 7, 9, 1, 1, 7, 9]);
  });

  test('strings and complex numbers pass through', () => {
    expect(tf.tidy(() => tf.tensor1d(['a', 'b']).dataSync())).toEqual(['a', 'b']);
    expect(evaluate(() => tf.imag(tf.complex([1, 2], [3, 4]))).values).toEqual([3, 4]);
  });
});
