/**
 * What captions are held against that owe nothing to the images: the best constant caption, and the model's own captions given to other
 * images. As captions are generated from an image alone, the latter are what the same model says when it is shown the images exchanged.
 */
import { bestConstantCaption } from '../../metrics/index.js';
import { randomStream } from '../../reference-model/numerics/random.js';

/** So many different captions of the training split are tried, the first ones. */
const MOST_CANDIDATES = 30_000;

/**
 * The caption of the training split that scores best on the very images that are evaluated: no constant caption of it gets more.
 * @param trainingCaptions in the order of the split
 */
export function constantCaption(
  records: readonly { readonly imageId: string; readonly references: readonly string[] }[],
  trainingCaptions: Iterable<string>,
): string {
  const different = new Set<string>();
  for (const caption of trainingCaptions) {
    if (different.size === MOST_CANDIDATES) break;
    different.add(caption);
  }
  return bestConstantCaption(records, different);
}

/**
 * The image whose caption each image gets instead of its own: one cycle through all images, drawn once for a number of images (Sattolo
 * 1986), so that with two or more none keeps its own.
 */
export function exchangedImages(images: number): readonly number[] {
  const stream = randomStream(0, 'exchanged-images', images);
  const order = Array.from({ length: images }, (_, index) => index);
  for (let last = images - 1; last > 0; last--) {
    const other = stream.integer(last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
