/** The tfjs backends on which operations and model are tested: stock operations only, the native kernels, and libtorch. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerStockGradients } from '../../reference-model/engines/gradients.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { diagnoseTorchEngine } from '../../reference-model/engines/torch/engine.js';
import { registerCompositeKernels } from '../../reference-model/ops/registration.js';

export type TestBackend = 'cpu' | 'vlm-wasm' | 'vlm-torch';

export const TEST_BACKENDS: readonly TestBackend[] = ['cpu', 'vlm-wasm'];

/** Makes a backend current, complete with fused operations and gradients. */
export async function useBackend(name: TestBackend): Promise<void> {
  if (name !== 'cpu') {
    await activateEngine(name === 'vlm-wasm' ? 'wasm' : 'torch');
  } else {
    await tf.setBackend(name);
    registerStockGradients();
    registerCompositeKernels(name);
  }
  await tf.ready();
}

const torch = diagnoseTorchEngine();
if (!torch.available) console.warn(`Tests of the engine torch are skipped: ${torch.reason}`);

/** Whether the addon of the engine torch is built here; its tests are left out where it is not. */
export const isTorchAvailable = torch.available;

/** An entry of a list of engines under test, where it can run. */
export const torchIfAvailable = <Entry>(entry: () => Entry): readonly Entry[] => (isTorchAvailable ? [entry()] : []);
