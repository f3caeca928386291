import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { FusedKernel } from '../../../reference-model/ops/kernels.js';
import { registerCompositeKernels } from '../../../reference-model/ops/registration.js';
import { useBackend } from '../backends.js';
import { CASES, type OperationCase, random, toTensor } from './operation-cases.js';

/** Values, then the gradient of every floating input, on the current backend. */
function results({ inputs, run, differentiable }: OperationCase, weights: Float32Array): Float32Array[] {
  return tf.tidy(() => {
    const tensors = inputs.map(toTensor);
    const output = run(tensors);
    const values = [Float32Array.from(output.dataSync())];
    if (differentiable === false) return values;
    const floating = tensors.filter(({ dtype }) => dtype === 'float32');
    const gradients = tf.grads((...xs: tf.Tensor[]) => run([...xs, ...tensors.slice(xs.length)]))(
      floating,
      tf.tensor(weights, output.shape),
    );
    return [...values, ...gradients.map((gradient) => Float32Array.from(gradient.dataSync()))];
  });
}

describe('native kernels of vlm-wasm and compositions of stock operations', () => {
  beforeAll(async () => {
    await useBackend('cpu');
    await useBackend('vlm-wasm');
  });

  it('are both there for every fused kernel, and not the same', () => {
    for (const name of Object.values(FusedKernel)) {
      const [native, composite] = [tf.getKernel(name, 'vlm-wasm'), tf.getKernel(name, 'cpu')];
      expect(native?.kernelFunc).toBeDefined();
      expect(composite?.kernelFunc).toBeDefined();
      expect(native.kernelFunc).not.toBe(composite.kernelFunc);
    }
    for (const backend of ['cpu', 'vlm-wasm']) expect(registerCompositeKernels(backend)).toEqual([]);
  });

  it.each(CASES)('$name: values and gradients agree', async (operation) => {
    const { reference, inputs, tolerance = 3e-6 } = operation;
    const weights = Float32Array.from(random(reference(inputs.map(({ data }) => data)).shape).values);
    await useBackend('cpu');
    const composite = results(operation, weights);
    await useBackend('vlm-wasm');
    const native = results(operation, weights);
    expect(native).toHaveLength(composite.length);
    native.forEach((values, i) => {
      const scale = Math.max(1, ...composite[i]!.map(Math.abs));
      const errors = values.map((value, k) => Math.abs(value - composite[i]![k]!) / scale);
      expect(Math.max(...errors)).toBeLessThan(tolerance);
    });
  });
});
