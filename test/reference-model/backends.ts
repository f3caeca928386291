/** The tfjs backends on which the fused operations and the model are tested. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerCompositeKernels } from '../../reference-model/ops/registration.js';

export type TestBackend = 'cpu';

export const TEST_BACKENDS: readonly TestBackend[] = ['cpu'];

/** Makes a backend current, complete with fused operations and gradients. */
export async function useBackend(name: TestBackend): Promise<void> {
  await tf.setBackend(name);
  await tf.ready();
  registerCompositeKernels(name);
}
