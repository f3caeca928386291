/** The Gaussian error linear unit in its tanh approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415, §2). */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel } from './kernels.js';

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), elementwise. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return runFusedKernel(FusedKernel.Gelu, { x })[0]!;
}

/** 1 + tanh(√(2/π)·(x + 0.044715·x³)). */
const gate = (x: tf.Tensor): tf.Tensor =>
  tf.add(tf.tanh(tf.mul(x, tf.add(tf.mul(tf.square(x), SQRT_2_OVER_PI * CUBIC), SQRT_2_OVER_PI))), 1);

export const geluOperation: FusedOperation = {
  kernels: [
    { name: FusedKernel.Gelu, composite: ({ x }) => tf.mul(tf.mul(x!, 0.5), gate(x!)) },
    {
      name: FusedKernel.GeluGradient,
      composite: ({ outputGradient, x }) => {
        const g = gate(x!); // g = 1 + tanh u, hence 1 − tanh² u = g·(2 − g)
        const slope = tf.add(tf.mul(tf.square(x!), 3 * SQRT_2_OVER_PI * CUBIC), SQRT_2_OVER_PI); // du/dx
        const curved = tf.mul(tf.mul(x!, slope), tf.mul(g, tf.sub(2, g)));
        return tf.mul(outputGradient!, tf.mul(tf.add(g, curved), 0.5));
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.Gelu,
      savedInputs: ['x'],
      gradient: (outputGradient, [x]) => ({
        x: () => runFusedKernel(FusedKernel.GeluGradient, { outputGradient, x: x! })[0]!,
      }),
    },
  ],
};
