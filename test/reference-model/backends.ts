/** The tfjs backends on which the fused operations and the model are tested: stock operations only, and the native kernels. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerStockGradients } from '../../reference-model/engines/gradients.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { registerCompositeKernels } from '../../reference-model/ops/registration.js';

export type TestBackend = 'cpu' | 'vlm-wasm';

export const TEST_BACKENDS: readonly TestBackend[] = ['cpu', 'vlm-wasm'];

/** Makes a backend current, complete with fused operations and gradients. */
export async function useBackend(name: TestBackend): Promise<void> {
  if (name === 'vlm-wasm') {
    await activateEngine('wasm');
  } else {
    await tf.setBackend(name);
    registerStockGradients();
    registerCompositeKernels(name);
  }
  await tf.ready();
}
