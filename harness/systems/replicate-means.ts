/** Means over the records of a system: of its score, and of the score of each image. */
import type { SystemMetric } from './system.js';

export function meanScore({ replicates }: SystemMetric): number {
  return replicates.reduce((sum, { score }) => sum + score, 0) / replicates.length;
}

/** In the order of the metric's images. */
export function meanPerImage({ replicates, imageIds }: SystemMetric): Float64Array {
  const mean = new Float64Array(imageIds.length);
  for (const { perImage } of replicates) {
    for (let image = 0; image < mean.length; image++) mean[image]! += perImage[image]! / replicates.length;
  }
  return mean;
}
