/** The gated unit of the language model's feed-forward layer: silu(gate)·up (Shazeer 2020, arXiv 2002.05202). */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel } from './kernels.js';
import { expectShape } from './shape-error.js';

/**
 * gate·σ(gate)·up, elementwise on tensors of one shape.
 *
 * @throws ShapeError
 */
export function swiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  expectShape('swiglu', 'up', up, gate.shape);
  return runFusedKernel(FusedKernel.Swiglu, { gate, up })[0]!;
}

export const swigluOperation: FusedOperation = {
  kernels: [
    { name: FusedKernel.Swiglu, composite: ({ gate, up }) => tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!) },
    {
      name: FusedKernel.SwigluGradient,
      composite: ({ outputGradient, gate, up }) => {
        const sigmoid = tf.sigmoid(gate!);
        const silu = tf.mul(gate!, sigmoid);
        // d silu = σ·(1 + gate·(1 − σ)) = σ + silu·(1 − σ)
        const slope = tf.add(sigmoid, tf.mul(silu, tf.sub(1, sigmoid)));
        return [tf.mul(tf.mul(outputGradient!, up!), slope), tf.mul(outputGradient!, silu)];
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.Swiglu,
      savedInputs: ['gate', 'up'],
      gradient: (outputGradient, [gate, up]) => {
        const gradients = runFusedKernel(FusedKernel.SwigluGradient, { outputGradient, gate: gate!, up: up! });
        return { gate: () => gradients[0]!, up: () => gradients[1]! };
      },
    },
  ],
};
