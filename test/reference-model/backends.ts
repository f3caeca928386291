/**
 * The tfjs backends on which operations and model are tested: stock operations only, the native kernels, and, where they are built,
 * libtorch and TensorFlow (beside this package, or in the folder that $TFJS_NODE names).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerStockGradients } from '../../reference-model/engines/gradients.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { installedTensorflowPackages } from '../../reference-model/engines/tensorflow/package.js';
import { diagnoseTorchEngine } from '../../reference-model/engines/torch/engine.js';
import { registerCompositeKernels } from '../../reference-model/ops/registration.js';

export type TestBackend = 'cpu' | 'vlm-wasm' | 'vlm-torch' | 'tensorflow';

const ENGINE_OF = { 'vlm-wasm': 'wasm', 'vlm-torch': 'torch', tensorflow: 'tensorflow' } as const;

/** Makes a backend current, complete with fused operations and gradients. */
export async function useBackend(name: TestBackend): Promise<void> {
  if (name !== 'cpu') {
    await activateEngine(ENGINE_OF[name]);
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

/** Whether the native binding of a package is there; to load it takes a second, and most files do not need it. */
function hasBinding({ main }: { readonly main: string }): boolean {
  const files = readdirSync(join(main, '..', '..'), { recursive: true, encoding: 'utf8' });
  return files.some((file) => file.endsWith('tfjs_binding.node'));
}

/** Whether a tfjs-node with its binding is there; tests of the engine tensorflow are left out where it is not. */
export const isTensorflowAvailable = installedTensorflowPackages().some(hasBinding);
if (!isTensorflowAvailable) {
  console.warn('Tests of the engine tensorflow are skipped: no tfjs-node with its binding is here or in $TFJS_NODE.');
}

export const TEST_BACKENDS: readonly TestBackend[] = [
  'cpu',
  'vlm-wasm',
  ...(isTensorflowAvailable ? (['tensorflow'] as const) : []),
];
