/** Layer normalisation over the last dimension (Ba et al. 2016, arXiv 1607.06450), with the biased variance as in PyTorch. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel, type NormAttributes } from './kernels.js';
import { channelsOf, expectShape } from './shape-error.js';

/**
 * (x − mean) / √(variance + ε) · scale + offset.
 *
 * @param x [.., C]
 * @param scale [C]
 * @param offset [C]
 * @returns [.., C]
 * @throws ShapeError
 */
export function layerNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): tf.Tensor {
  const channels = channelsOf('layerNorm', 'x', x);
  expectShape('layerNorm', 'scale', scale, [channels]);
  expectShape('layerNorm', 'offset', offset, [channels]);
  const attributes: NormAttributes = { epsilon };
  return runFusedKernel(FusedKernel.LayerNorm, { x, scale, offset }, attributes)[0]!;
}

/** Rows of x with mean 0 and variance 1, and the factor that made it so. */
function normalise(x: tf.Tensor, epsilon: number): { readonly normalised: tf.Tensor; readonly inverse: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { normalised: tf.mul(centred, inverse), inverse };
}

const sumRows = (x: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(x, [-1, x.shape.at(-1)!]), 0);

export const layerNormOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.LayerNorm,
      composite: ({ x, scale, offset }, { epsilon }: NormAttributes) =>
        tf.add(tf.mul(normalise(x!, epsilon).normalised, scale!), offset!),
    },
    {
      name: FusedKernel.LayerNormGradient,
      composite: ({ outputGradient, x, scale }, { epsilon }: NormAttributes) => {
        const { normalised, inverse } = normalise(x!, epsilon);
        const scaled = tf.mul(outputGradient!, scale!);
        const along = tf.mul(normalised, tf.mean(tf.mul(scaled, normalised), -1, true));
        const xGradient = tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), along), inverse);
        return [xGradient, sumRows(tf.mul(outputGradient!, normalised)), sumRows(outputGradient!)];
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.LayerNorm,
      savedInputs: ['x', 'scale'],
      gradient: (outputGradient, [x, scale], attributes: NormAttributes) => {
        const gradients = runFusedKernel(
          FusedKernel.LayerNormGradient,
          { outputGradient, x: x!, scale: scale! },
          attributes,
        );
        return { x: () => gradients[0]!, scale: () => gradients[1]!, offset: () => gradients[2]! };
      },
    },
  ],
};
