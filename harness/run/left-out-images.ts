/** The broken training images that a run did without, on whichever of its ranks. */
import type { LeftOutImage } from '../../reference-model/data/images/image-supply.js';
import type { Ranks } from '../../reference-model/ranks/ranks.js';
import type { DataSets } from '../../reference-model/training/stage-data.js';

/** Each image once, whoever met it; every rank calls it when the training has ended. */
export async function leftOutImages(dataSets: DataSets, ranks: Ranks): Promise<readonly LeftOutImage[]> {
  const own = Object.values(dataSets).flatMap((dataSet) => dataSet?.images?.leftOut() ?? []);
  const all = (await ranks.exchange(own)).flat();
  return [...new Map(all.map((image) => [JSON.stringify([image.imageId, image.where]), image])).values()];
}
