/** Picks the images that a report shows: the first of the evaluation split, before any score exists. */
import type { DataSet } from '../../reference-model/data/dataset.js';
import { allWithPixels } from '../../reference-model/data/images/with-pixels.js';
import { encodePng } from '../../reference-model/data/png.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { SHOWN_IMAGES } from '../records/evaluation-images.js';
import type { RecordedExample } from '../records/example-images.js';
import { storeImage } from '../records/image-store.js';

/** Keeps their pictures in the store. */
export async function exampleImages(
  { evaluation }: Pick<RunConfig, 'evaluation'>,
  data: DataSet,
  store: string,
): Promise<readonly RecordedExample[]> {
  const examples: RecordedExample[] = [];
  const shown = await allWithPixels(data, data.splits[evaluation.split].slice(0, SHOWN_IMAGES));
  for (const { imageId, image } of shown) {
    const { width, height } = image;
    examples.push({ imageId, width, height, sha256: storeImage(store, await encodePng(image)) });
  }
  return examples;
}
