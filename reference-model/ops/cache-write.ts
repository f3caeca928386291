/** Puts rows into a cache that was allocated once: keys and values of new positions, behind those that are there. No gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { type FusedOperation, runFusedKernel } from './fused-operation.js';
import { type CacheWriteAttributes, FusedKernel } from './kernels.js';
import { expectShape, ShapeError } from './shape-error.js';

/**
 * @param cache [B, C, G, D]; its contents may be overwritten, so the result alone is used from here on
 * @param rows [B, T, G, D]
 * @param place of the first row, at most C − T
 * @returns the cache with the rows, which the caller disposes besides the cache
 * @throws ShapeError
 */
export function cacheWrite(cache: tf.Tensor, rows: tf.Tensor, place: number): tf.Tensor {
  const [batch, places, groups, channels] = cache.shape as [number, number, number, number];
  const count = rows.shape[1]!;
  expectShape('cacheWrite', 'rows', rows, [batch, count, groups, channels]);
  if (place + count > places) {
    throw new ShapeError('cacheWrite', `${count} rows from ${place} on do not fit into ${places} places.`);
  }
  return runFusedKernel(FusedKernel.CacheWrite, { cache, rows }, { place })[0]!;
}

export const cacheWriteOperation: FusedOperation = {
  kernels: [
    {
      name: FusedKernel.CacheWrite,
      composite: ({ cache, rows }, { place }: CacheWriteAttributes) => {
        const [batch, places, groups, channels] = cache!.shape as [number, number, number, number];
        const end = place + rows!.shape[1]!;
        const before = tf.slice(cache!, [0, 0, 0, 0], [batch, place, groups, channels]);
        const after = tf.slice(cache!, [0, end, 0, 0], [batch, places - end, groups, channels]);
        return tf.concat([before, rows!, after], 1);
      },
    },
  ],
  gradients: [],
};
