/** Matrix products of the wasm engine against a float64 triple loop: all forms, odd sizes, leading dimensions, batches. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { Heap } from '../../../reference-model/engines/wasm/heap.js';
import { instantiateKernels, loadKernelModule } from '../../../reference-model/engines/wasm/kernel-module.js';
import { largestError, matMul, numbers } from './float64.js';

beforeAll(async () => {
  await activateEngine('wasm');
});

const size = fc.integer({ min: 1, max: 70 });
const form = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean() });

describe('BatchMatMul', () => {
  test('agrees with float64 in every form and size', () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 600 }), form, (m, n, k, { transposeA, transposeB }) => {
        const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
        const c = tf.tidy(() =>
          tf
            .matMul(
              tf.tensor(a, transposeA ? [k, m] : [m, k]),
              tf.tensor(b, transposeB ? [n, k] : [k, n]),
              transposeA,
              transposeB,
            )
            .dataSync(),
        );
        expect(largestError(c, matMul(a, b, { m, n, k, transposeA, transposeB }))).toBeLessThan(2e-5);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('spans several blocks of columns and rows', () => {
    const [m, n, k] = [200, 530, 270];
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      const shapeA: [number, number] = transposeA ? [k, m] : [m, k];
      const shapeB: [number, number] = transposeB ? [n, k] : [k, n];
      const c = tf.tidy(() => tf.matMul(tf.tensor(a, shapeA), tf.tensor(b, shapeB), transposeA, transposeB).dataSync());
      expect(largestError(c, matMul(a, b, { m, n, k, transposeA, transposeB }))).toBeLessThan(2e-5);
    }
  });

  test.each([
    [[3], [3]],
    [[3], [1]],
    [[1], [3]],
    [[3], []],
    [[], [3]],
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 1], [3]],
    [
      [2, 3],
      [2, 1],
    ],
    [
      [2, 1, 2],
      [1, 3, 2],
    ],
  ])('batch %j with batch %j', (outerA, outerB) => {
    const [m, n, k] = [5, 9, 7];
    const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
    const a = numbers(count(outerA) * m * k, 1);
    const b = numbers(count(outerB) * k * n, 2);
    tf.tidy(() => {
      const left = tf.tensor(a, [...outerA, m, k]);
      const right = tf.tensor(b, [...outerB, n, k]);
      const product = tf.matMul(left, right, false, true);
      const outer = product.shape.slice(0, -2);
      const ofBatch = (x: tf.Tensor, rows: number) =>
        tf.reshape(tf.broadcastTo(x, [...outer, rows, k]), [-1, rows, k]).arraySync() as number[][][];
      const lefts = ofBatch(left, m);
      const rights = ofBatch(right, n);
      const expected = lefts.flatMap((matrix, i) =>
        matMul(matrix.flat(), rights[i]!.flat(), { m, n, k, transposeB: true }),
      );
      expect(largestError(product.dataSync(), expected)).toBeLessThan(1e-5);
    });
  });

  test('a sum over nothing is zero', () => {
    const c = tf.tidy(() => tf.matMul(tf.zeros([3, 0]), tf.zeros([0, 9])).dataSync());
    expect([...c]).toEqual(new Array(27).fill(0));
  });
});

describe('the gemm kernel', () => {
  const kernels = instantiateKernels(loadKernelModule());
  const heap = new Heap(kernels.memory, kernels.heapStart());

  /** Writes numbers into the heap and returns their address. */
  function place(values: readonly number[]): number {
    const address = heap.allocate(values.length * 4);
    new Float32Array(heap.buffer, address, values.length).set(values);
    return address;
  }

  test('leading dimensions, accumulation and bias; nothing outside the result is written', () => {
    fc.assert(
      fc.property(size, size, size, form, fc.nat(5), fc.boolean(), (m, n, k, { transposeA, transposeB }, gap, add) => {
        const [rowsA, columnsA] = transposeA ? [k, m] : [m, k];
        const [rowsB, columnsB] = transposeB ? [n, k] : [k, n];
        const [ldA, ldB, ldC] = [columnsA + gap, columnsB + gap, n + gap];
        const [a, b] = [numbers(rowsA * ldA, 1), numbers(rowsB * ldB, 2)];
        const [before, bias] = [numbers(m * ldC + 16, 3), numbers(n, 4)];
        const [to, biasAt] = [place(before), place(bias)];
        const [ta, tb] = [transposeA ? 1 : 0, transposeB ? 1 : 0];
        kernels.gemm(ta, tb, m, n, k, place(a), ldA, place(b), ldB, to, ldC, biasAt, add ? 1 : 0);
        const dense = (x: number[], rows: number, columns: number, ld: number) =>
          Array.from({ length: rows }, (_, row) => x.slice(row * ld, row * ld + columns)).flat();
        const product = matMul(dense(a, rowsA, columnsA, ldA), dense(b, rowsB, columnsB, ldB), {
          ...{ m, n, k, transposeA, transposeB },
        });
        const expected = before.map((value, i) => {
          const [row, column] = [Math.floor(i / ldC), i % ldC];
          if (row >= m || column >= n) return value;
          return product[row * n + column]! + (add ? value : bias[column]!);
        });
        const after = new Float32Array(heap.buffer, to, expected.length);
        expect(largestError(after, expected)).toBeLessThan(1e-5);
        const untouched = expected.flatMap((value, i) => (value === before[i] ? [i] : []));
        expect(untouched.every((i) => after[i] === before[i])).toBe(true);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  test('an element has the same bits whatever else is computed beside it', () => {
    const [m, n, k] = [23, 41, 300];
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    const [from, right, whole, single] = [place(a), place(b), place(new Array(m * n).fill(0)), place([0])];
    kernels.gemm(0, 0, m, n, k, from, k, right, n, whole, n, 0, 0);
    const all = new Float32Array(heap.buffer, whole, m * n).slice();
    for (const [i, j] of [
      [0, 0],
      [22, 40],
      [7, 33],
      [20, 8],
    ] as const) {
      kernels.gemm(0, 0, 1, 1, k, from + i * k * 4, k, right + j * 4, n, single, 1, 0, 0);
      expect(new Float32Array(heap.buffer, single, 1)[0]).toBe(all[i * n + j]);
    }
  });
});
