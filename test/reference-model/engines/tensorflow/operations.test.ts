/** Operations on TensorFlow: stock kernels and types against the CPU backend, errors, and memory in tfjs and beneath it. */
import util from 'node:util';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { embeddingLookup } from '../../../../reference-model/ops/embedding-lookup.js';
import { linear } from '../../../../reference-model/ops/linear.js';
import { isTensorflowAvailable, useBackend } from '../../backends.js';
import { STOCK_CASES } from '../../ops/stock-operation-cases.js';

const dataIds = (): number => (tf.backend() as tf.KernelBackend).numDataIds();

describe.skipIf(!isTensorflowAvailable)('on TensorFlow', () => {
  it('does without what Node 23 and newer have not', async () => {
    for (const name of ['isNullOrUndefined', 'isArray']) Reflect.deleteProperty(util, name);
    await useBackend('tensorflow');
    expect(tf.tidy(() => [...tf.topk(tf.tensor1d([1, 3, 2]), 2).values.dataSync()])).toEqual([3, 2]);
  });

  describe('stock operations', () => {
    test.each(STOCK_CASES)('%s', async (_, operation) => {
      await useBackend('cpu');
      const expected = operation();
      await useBackend('tensorflow');
      const actual = operation();
      expect(actual).toMatchObject({ shape: expected.shape, dtype: expected.dtype });
      const scale = Math.max(1, ...expected.values.map(Math.abs));
      const errors = actual.values.map((value, i) => Math.abs(value - expected.values[i]!) / scale);
      expect(Math.max(...errors)).toBeLessThan(1e-6);
    });
  });

  describe('types', () => {
    beforeAll(() => useBackend('tensorflow'));

    const cast = (values: readonly number[], from: 'float32' | 'int32' | 'bool', to: typeof from): number[] =>
      tf.tidy(() => {
        const result = tf.cast(tf.tensor1d([...values], from), to);
        expect(result.dtype).toBe(to);
        return [...result.dataSync()];
      });

    it('become whole numbers by dropping the fraction, and exactly so beyond what float32 holds', () => {
      expect(cast([-1.7, -0.2, 0, 0.4, 1.9, 2 ** 24], 'float32', 'int32')).toEqual([-1, 0, 0, 0, 1, 2 ** 24]);
      const large = [2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31)];
      expect(tf.tidy(() => [...tf.add(tf.tensor1d(large, 'int32'), tf.scalar(0, 'int32')).dataSync()])).toEqual(large);
    });

    it('become true where they are not zero, and 0 or 1 again', () => {
      expect(cast([-1.5, -0, 0, 0.1, 2], 'float32', 'bool')).toEqual([1, 0, 0, 1, 1]);
      expect(cast([-3, 0, 7], 'int32', 'bool')).toEqual([1, 0, 1]);
      expect(cast([1, 0, 1], 'bool', 'float32')).toEqual([1, 0, 1]);
      expect(cast([1, 0, 1], 'bool', 'int32')).toEqual([1, 0, 1]);
    });

    it('meet in one operation as in tfjs: the wider one wins', () => {
      tf.tidy(() => {
        const [floats, integers, flags] = [tf.tensor1d([0.5]), tf.tensor1d([2], 'int32'), tf.tensor1d([1], 'bool')];
        for (const [a, b, dtype, value] of [
          [floats, integers, 'float32', 2.5],
          [integers, flags, 'int32', 3],
          [flags, floats, 'float32', 1.5],
        ] as const) {
          const sum = tf.add(a, b);
          expect([sum.dtype, sum.dataSync()[0]]).toEqual([dtype, value]);
        }
      });
    });
  });

  describe('what goes wrong', () => {
    beforeAll(() => useBackend('tensorflow'));

    const failure = (run: () => unknown): unknown => {
      const before = [tf.memory().numTensors, dataIds()];
      try {
        tf.tidy(run as () => tf.TensorContainer);
      } catch (error) {
        expect([tf.memory().numTensors, dataIds()]).toEqual(before);
        return error;
      }
      throw new Error('nothing went wrong');
    };

    it('is an error with operation, types and shapes, which leaves nothing behind', () => {
      const product = () =>
        tf
          .engine()
          .runKernel(
            'BatchMatMul',
            { a: tf.ones([2, 3]), b: tf.ones([2, 3]) },
            { transposeA: false, transposeB: false },
          );
      expect(failure(product)).toMatchObject({
        name: 'EngineError',
        defect: { code: 'operation-failed', operation: 'BatchMatMulV2', tensors: 'float32 [2, 3], float32 [2, 3]' },
      });
    });

    it('says that memory ran out', () => {
      expect(failure(() => tf.fill([2 ** 20, 2 ** 20, 8], 1))).toMatchObject({
        name: 'EngineError',
        defect: { code: 'device-out-of-memory', kernel: 'Fill' },
      });
    });

    it('names a bad id', () => {
      const lookup = () => embeddingLookup(tf.ones([11, 2]), tf.tensor1d([3, 11], 'int32'));
      expect(failure(lookup)).toMatchObject({ message: expect.stringContaining('11') });
    });

    it('does not stop what comes after it', () => {
      expect(tf.tidy(() => tf.sum(tf.ones([10])).dataSync()[0])).toBe(10);
    });
  });

  it('does not grow over ten thousand operations', async () => {
    await useBackend('tensorflow');
    const [x, weight] = [tf.ones([64, 256]), tf.ones([256, 256])];
    const pass = () =>
      tf.tidy(() => {
        let hidden: tf.Tensor = x;
        for (let i = 0; i < 100; i++) hidden = i % 2 === 0 ? tf.mul(hidden, 0.01) : linear(hidden, weight);
        return hidden.dataSync()[0];
      });
    for (let i = 0; i < 5; i++) pass();
    const [ids, tensors, resident] = [dataIds(), tf.memory().numTensors, process.memoryUsage().rss];
    for (let i = 0; i < 100; i++) pass();
    expect([dataIds(), tf.memory().numTensors]).toEqual([ids, tensors]);
    // One pass makes 6.5 MB of tensors: kept, they would be 650 MB.
    expect(process.memoryUsage().rss - resident).toBeLessThan(64 * 2 ** 20);
    tf.dispose([x, weight]);
  });
});
