/** The sums of squares of tensors: what each gradient contributes to the global norm, read from the engine at once. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel } from './kernels.js';

/** Σ x² of each tensor, [N]. */
export function squaredNorms(tensors: readonly tf.Tensor[]): tf.Tensor {
  return runFusedKernel(FusedKernel.SquaredNorms, Object.fromEntries(tensors.map((x, i) => [`x${i}`, x])))[0]!;
}

export const squaredNormsOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.SquaredNorms,
      composite: (tensors) => tf.stack(Object.values(tensors).map((x) => tf.sum(tf.square(x)))),
    },
  ],
  gradients: [],
};
