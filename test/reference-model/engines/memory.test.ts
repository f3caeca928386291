/** Memory of the wasm engine: size classes, growth under live tensors, flat use over a long run, and kernels that throw. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { WasmBackend } from '../../../reference-model/engines/wasm/backend.js';
import { blockBytes, Heap } from '../../../reference-model/engines/wasm/heap.js';
import { loadKernelModule } from '../../../reference-model/engines/wasm/kernel-module.js';
import { FusedKernel } from '../../../reference-model/ops/kernels.js';
import { numbers } from './float64.js';

const MEBIBYTE = 1024 * 1024;

/** A memory like WebAssembly's, growing in pages of 64 KiB. */
class FakeMemory {
  buffer = new ArrayBuffer(65536);
  grow(pages: number): number {
    this.buffer = new ArrayBuffer(this.buffer.byteLength + pages * 65536);
    return 0;
  }
}

describe('heap', () => {
  test('blocks hold the request, are whole vectors and waste at most a quarter and one granule', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (bytes) => {
        const block = blockBytes(bytes);
        expect(block).toBeGreaterThanOrEqual(Math.max(bytes, 1));
        expect(block % 64).toBe(0);
        expect(block).toBeLessThanOrEqual(bytes * 1.25 + 64);
        expect(blockBytes(block)).toBe(block);
      }),
    );
  });

  test('live blocks never overlap and are aligned, whatever the order of releases', () => {
    const request = fc.record({ bytes: fc.integer({ min: 0, max: 20000 }), victim: fc.option(fc.nat(20)) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const heap = new Heap(new FakeMemory(), 1000);
        const live: { from: number; to: number; bytes: number }[] = [];
        for (const { bytes, victim } of requests) {
          const from = heap.allocate(bytes);
          const block = { from, to: from + blockBytes(bytes), bytes };
          expect(from % 64).toBe(0);
          expect(from).toBeGreaterThanOrEqual(1000);
          expect(block.to).toBeLessThanOrEqual(heap.buffer.byteLength);
          expect(live.every((other) => other.to <= block.from || block.to <= other.from)).toBe(true);
          live.push(block);
          if (victim !== null) for (const freed of live.splice(victim, 1)) heap.release(freed.from, freed.bytes);
        }
        expect(heap.heldBytes).toBe(live.reduce((sum, { from, to }) => sum + to - from, 0));
      }),
      { numRuns: 50 },
    );
  });

  test('running out is a typed error, and what is released can be had again', () => {
    const heap = new Heap(new FakeMemory(), 0, 2 * MEBIBYTE);
    const first = heap.allocate(MEBIBYTE);
    expect(() => heap.allocate(1.5 * MEBIBYTE)).toThrow(
      expect.objectContaining({
        defect: { code: 'out-of-memory', requestedBytes: 1.5 * MEBIBYTE, heldBytes: MEBIBYTE },
      }),
    );
    heap.release(first, MEBIBYTE);
    heap.allocate(MEBIBYTE);
    expect(heap.heldBytes).toBe(MEBIBYTE);
  });
});

describe('backend', () => {
  let wasm: WasmBackend;

  beforeAll(async () => {
    await activateEngine('wasm');
    wasm = tf.backend() as WasmBackend;
  });

  const counts = () => ({
    tensors: tf.memory().numTensors,
    buffers: tf.memory().numDataBuffers,
    dataIds: wasm.numDataIds(),
    held: wasm.heap.heldBytes,
  });

  test('tensors keep their values while the memory grows', () => {
    const values = numbers(1000, 1);
    const early = tf.tensor1d(values);
    const view = early.dataSync();
    const before = wasm.heap.buffer.byteLength;
    const large = [1, 2, 3].map((factor) => tf.fill([before / 8], factor));
    expect(wasm.heap.buffer.byteLength).toBeGreaterThan(before);
    expect([...early.dataSync()]).toEqual(values);
    expect([...view]).toEqual(values);
    tf.dispose([early, ...large]);
  });

  test('values written later by the caller do not reach the tensor', () => {
    const values = Float32Array.of(1, 2, 3);
    const tensor = tf.tensor1d(values);
    values[0] = 9;
    tensor.dataSync()[1] = 9;
    expect([...tensor.dataSync()]).toEqual([1, 2, 3]);
    tensor.dispose();
  });

  test('what a CPU kernel cuts out of a tensor outlives the tensor', () => {
    const flags = tf.tensor1d([0, 1, 1, 0, 1, 0, 0, 1], 'bool');
    const part = tf.slice(flags, 1, 4);
    flags.dispose();
    const successor = tf.tensor1d([1, 0, 0, 1, 0, 1, 1, 0], 'bool');
    expect([...part.dataSync()]).toEqual([1, 1, 0, 1]);
    tf.dispose([part, successor]);
  });

  test('shared data is freed with its last owner', () => {
    const before = counts();
    const x = tf.tensor1d(numbers(100, 1));
    const alias = tf.reshape(x, [10, 10]);
    expect(counts()).toMatchObject({ tensors: before.tensors + 2, buffers: before.buffers + 1 });
    x.dispose();
    expect([...alias.dataSync()]).toEqual(numbers(100, 1));
    alias.dispose();
    expect(counts()).toEqual(before);
  });

  test('a thousand training steps leave tensors, data and memory as they were', () => {
    const [rows, width] = [12, 16];
    const variables = ['weight', 'bias', 'scale'].map((name, i) =>
      tf.variable(
        tf.tensor(numbers(i === 0 ? width * width : width, i + 1), i === 0 ? [width, width] : [width]),
        true,
        name,
      ),
    );
    const [weight, bias, scale] = variables as [tf.Variable, tf.Variable, tf.Variable];
    const x = tf.tensor(numbers(rows * width, 5), [rows, width]);
    const run = (name: string, inputs: tf.NamedTensorMap, attributes = {}) =>
      [tf.engine().runKernel(name, inputs, attributes) as tf.Tensor | tf.Tensor[]].flat();
    const step = () => {
      const { value, grads } = tf.variableGrads(() => {
        const hidden = tf.tanh(tf.add(tf.matMul(x, weight, false, true), bias));
        const mixed = tf.where(tf.greater(hidden, 0), tf.mul(hidden, scale), hidden);
        return tf.mean(tf.square(tf.sub(mixed, x))) as tf.Scalar;
      });
      for (const variable of variables) {
        tf.tidy(() => {
          const moments = { firstMoment: tf.zerosLike(variable), secondMoment: tf.zerosLike(variable) };
          const [updated] = run(
            FusedKernel.AdamW,
            { parameter: variable, gradient: grads[variable.name]!, ...moments },
            {
              ...{ learningRate: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
              ...{ biasCorrection1: 0.1, biasCorrection2: 0.01, gradientScale: 1 },
            },
          );
          variable.assign(updated!);
        });
      }
      const loss = value.dataSync()[0]!;
      tf.dispose([value, grads]);
      return loss;
    };
    const first = step();
    step();
    const before = { ...counts(), memory: wasm.heap.buffer.byteLength };
    let last = first;
    for (let i = 0; i < 1000; i++) last = step();
    expect({ ...counts(), memory: wasm.heap.buffer.byteLength }).toEqual(before);
    expect(last).toBeLessThan(first / 2);
    tf.dispose([x, ...variables]);
  });

  test('kernels that throw leave nothing behind and the engine usable', () => {
    const table = tf.tensor(numbers(20, 1), [10, 2]);
    const ids = tf.tensor1d([1, 99], 'int32');
    const x = tf.tensor(numbers(6, 2), [2, 3]);
    const before = counts();
    const failures: (() => unknown)[] = [
      () => tf.engine().runKernel(FusedKernel.EmbeddingLookup, { table, ids }),
      () => tf.engine().runKernel(FusedKernel.LayerNorm, { x, scale: ids, offset: ids }, { epsilon: 1e-5 }),
      () => tf.engine().runKernel(FusedKernel.Linear, { x, weight: table }),
      () => tf.engine().runKernel('BatchMatMul', { a: x, b: table }, { transposeA: false, transposeB: false }),
      () => tf.engine().runKernel('Slice', { x }, { begin: [0, 2], size: [2, 2] }),
      () => tf.engine().runKernel('GatherV2', { x: table, indices: ids }, { axis: 0, batchDims: 0 }),
    ];
    for (const failure of failures) {
      expect(failure).toThrow();
      expect(counts()).toEqual(before);
    }
    expect([...tf.tidy(() => tf.add(x, x).dataSync())]).toEqual(numbers(6, 2).map((value) => 2 * value));
    tf.dispose([table, ids, x]);
  });

  test('a model that does not fit says so and can be followed by a smaller one', async () => {
    const small = 'vlm-wasm-small';
    tf.registerBackend(small, () => new WasmBackend(loadKernelModule(), 8 * MEBIBYTE));
    tf.copyRegisteredKernels('vlm-wasm', small);
    await tf.setBackend(small);
    const large = () => tf.tidy(() => tf.fill([4 * MEBIBYTE], 1));
    const held = (tf.backend() as WasmBackend).heap.heldBytes;
    expect(large).toThrow(/out of memory: 16 MiB more were asked for/);
    expect((tf.backend() as WasmBackend).heap.heldBytes).toBe(held);
    expect(tf.tidy(() => tf.sum(tf.fill([1000], 1)).dataSync()[0])).toBe(1000);
    await tf.setBackend('vlm-wasm');
    tf.removeBackend(small);
  });

  test('tensors move between backends', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2, 3]);
    await tf.setBackend('vlm-wasm');
    expect([...tf.tidy(() => tf.mul(x, 2).dataSync())]).toEqual([2, 4, 6]);
    x.dispose();
  });
});
