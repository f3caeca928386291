/** The sum of squares of a tensor: the part one gradient contributes to the global norm. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel } from './kernels.js';

/** Σ x², a scalar. */
export function squaredNorm(x: tf.Tensor): tf.Tensor {
  return runFusedKernel(FusedKernel.SquaredNorm, { x })[0]!;
}

export const squaredNormOperation: FusedOperation = {
  kernels: [{ name: FusedKernel.SquaredNorm, composite: ({ x }) => tf.sum(tf.square(x!)) }],
  gradients: [],
};
