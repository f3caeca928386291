/** Picks the images that a report shows: the first of the evaluation split, before any score exists. */
import type { DataSet } from '../../reference-model/data/dataset.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import type { ExampleImage } from '../records/predictions.js';

const count = 8;

export function exampleImages({ evaluation }: RunConfig, data: DataSet): readonly ExampleImage[] {
  return data.splits[evaluation.split].slice(0, count).map(({ imageId, image: { width, height, pixels } }) => ({
    imageId,
    width,
    height,
    rgb: Buffer.from(pixels).toString('base64'),
  }));
}
