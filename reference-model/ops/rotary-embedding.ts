/**
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in the convention of the Hugging Face checkpoints: channel i is
 * rotated together with channel i + D/2. Positions are data, so packed and padded sequences need no special case.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { FusedKernel, type RotaryAttributes } from './kernels.js';
import { expectRank, expectShape, ShapeError } from './shape-error.js';

/** Cosines and sines of every position and frequency, [positions, D/2] each. */
export interface RotaryTables {
  readonly cosine: tf.Tensor;
  readonly sine: tf.Tensor;
}

/**
 * @param x [B, T, H, D], D even
 * @param positions int32 [B, T], each below the tables' number of rows
 * @returns [B, T, H, D]
 * @throws ShapeError
 */
export function rotaryEmbedding(x: tf.Tensor, positions: tf.Tensor, { cosine, sine }: RotaryTables): tf.Tensor {
  expectRank('rotaryEmbedding', 'x', x, 4);
  const [batch, length, , channels] = x.shape as [number, number, number, number];
  if (channels % 2 !== 0)
    throw new ShapeError('rotaryEmbedding', `x must have an even last dimension, got ${channels}.`);
  expectShape('rotaryEmbedding', 'positions', positions, [batch, length], 'int32');
  expectShape('rotaryEmbedding', 'cosine', cosine, [cosine.shape[0]!, channels / 2]);
  expectShape('rotaryEmbedding', 'sine', sine, cosine.shape);
  const attributes: RotaryAttributes = { inverse: false };
  return runFusedKernel(FusedKernel.RotaryEmbedding, { x, positions, cosine, sine }, attributes)[0]!;
}

export const rotaryEmbeddingOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.RotaryEmbedding,
      composite: ({ x, positions, cosine, sine }, { inverse }: RotaryAttributes) => {
        const [batch, length, heads, channels] = x!.shape as [number, number, number, number];
        const half = channels / 2;
        const rows = (table: tf.Tensor) => tf.reshape(tf.gather(table, positions!), [batch, length, 1, half]);
        const c = rows(cosine!);
        const s = inverse ? tf.neg(rows(sine!)) : rows(sine!);
        const first = tf.slice(x!, [0, 0, 0, 0], [batch, length, heads, half]);
        const second = tf.slice(x!, [0, 0, 0, half], [batch, length, heads, half]);
        return tf.concat(
          [tf.sub(tf.mul(first, c), tf.mul(second, s)), tf.add(tf.mul(second, c), tf.mul(first, s))],
          -1,
        );
      },
    },
  ],
  gradients: [
    {
      name: FusedKernel.RotaryEmbedding,
      savedInputs: ['positions', 'cosine', 'sine'],
      gradient: (outputGradient, [positions, cosine, sine], { inverse }: RotaryAttributes) => ({
        x: () =>
          runFusedKernel(
            FusedKernel.RotaryEmbedding,
            { x: outputGradient, positions: positions!, cosine: cosine!, sine: sine! },
            { inverse: !inverse },
          )[0]!,
      }),
    },
  ],
};
