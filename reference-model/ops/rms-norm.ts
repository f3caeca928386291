/** Root-mean-square normalisation over the last dimension (Zhang & Sennrich 2019, arXiv 1910.07467). */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel, type NormAttributes } from './kernels.js';
import { channelsOf, expectShape } from './shape-error.js';

/**
 * x / √(mean(x²) + ε) · scale.
 *
 * @param x [.., C]
 * @param scale [C]
 * @returns [.., C]
 * @throws ShapeError
 */
export function rmsNorm(x: tf.Tensor, scale: tf.Tensor, epsilon: number): tf.Tensor {
  expectShape('rmsNorm', 'scale', scale, [channelsOf('rmsNorm', 'x', x)]);
  const attributes: NormAttributes = { epsilon };
  return runFusedKernel(FusedKernel.RmsNorm, { x, scale }, attributes)[0]!;
}

const inverseRootMeanSquare = (x: tf.Tensor, epsilon: number): tf.Tensor =>
  tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));

export const rmsNormOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.RmsNorm,
      composite: ({ x, scale }, { epsilon }: NormAttributes) =>
        tf.mul(tf.mul(x!, inverseRootMeanSquare(x!, epsilon)), scale!),
    },
    {
      name: FusedKernel.RmsNormGradient,
      composite: ({ outputGradient, x, scale }, { epsilon }: NormAttributes) => {
        const inverse = inverseRootMeanSquare(x!, epsilon);
        const normalised = tf.mul(x!, inverse);
        const scaled = tf.mul(outputGradient!, scale!);
        const along = tf.mul(normalised, tf.mean(tf.mul(scaled, normalised), -1, true));
        const perRow = tf.mul(outputGradient!, normalised);
        return [tf.mul(tf.sub(scaled, along), inverse), tf.sum(tf.reshape(perRow, [-1, x!.shape.at(-1)!]), 0)];
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.RmsNorm,
      savedInputs: ['x', 'scale'],
      gradient: (outputGradient, [x, scale], attributes: NormAttributes) => {
        const gradients = runFusedKernel(
          FusedKernel.RmsNormGradient,
          { outputGradient, x: x!, scale: scale! },
          attributes,
        );
        return { x: () => gradients[0]!, scale: () => gradients[1]! };
      },
    },
  ],
};
