/**
 * Moves training images about and mirrors them, so that a small data set shows its objects in more places than it has images. What is drawn is a pure
 * function of (seed, stage, step): arms of one seed see the same pictures, and a resumed run needs no state.
 */
import type { DescribedImage, RasterImage, Sample } from '../data/dataset.js';
import { randomStream } from '../numerics/random.js';
import type { TextStage } from '../recipe/recipe.js';
import type { Example, ImageView } from './examples.js';

/**
 * The examples of a step, each with how its image is shown: moved by up to `stage.imageShift` pixels and, where the stage says so, half of them
 * mirrored, once for all texts that share an image; the very same examples where the stage names neither. Drawn for the whole step before it
 * is shared among processes or an image is found broken, so that what one sees does not depend on that.
 */
export function withViews<Described extends DescribedImage>(
  examples: readonly Example<Described>[],
  { name, imageShift = 0, imageMirror, questionsPerImage = 1, captionsPerImage = 1 }: TextStage,
  { seed, step }: { readonly seed: number; readonly step: number },
): readonly Example<Described>[] {
  if (imageShift === 0 && !imageMirror) return examples;
  const stream = randomStream(seed, 'image-shift', name, step);
  const offset = () => stream.integer(2 * imageShift + 1) - imageShift;
  const areShared = Math.max(questionsPerImage, captionsPerImage) > 1;
  let last: { readonly sample: Described; readonly view: ImageView } | undefined;
  return examples.map((example) => {
    const { sample } = example;
    if (!areShared || last?.sample !== sample) {
      const moved = { right: offset(), down: offset() };
      last = { sample, view: { ...moved, isMirrored: imageMirror === true && stream.integer(2) === 1 } };
    }
    return { ...example, view: last!.view };
  });
}

/** The examples with their images as they are to be shown; texts that share a view of an image share its pixels. */
export function asViewed(examples: readonly Example[]): readonly Example[] {
  let last: { readonly original: Sample; readonly view: ImageView; readonly sample: Sample } | undefined;
  return examples.map((example) => {
    const { sample: original, view } = example;
    if (view === undefined) return example;
    if (last?.view !== view || last.original !== original) {
      const moved = shifted(original.image, view);
      last = { original, view, sample: { ...original, image: view.isMirrored ? mirrored(moved) : moved } };
    }
    return { ...example, sample: last.sample };
  });
}

/** The image moved by whole pixels; what comes into view repeats the nearest pixel of its edge. */
export function shifted(
  { width, height, pixels }: RasterImage,
  { right, down }: { readonly right: number; readonly down: number },
): RasterImage {
  const moved = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const fromY = Math.min(height - 1, Math.max(0, y - down));
    for (let x = 0; x < width; x++) {
      const fromX = Math.min(width - 1, Math.max(0, x - right));
      const from = (fromY * width + fromX) * 3;
      moved.set(pixels.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, pixels: moved };
}

/** The image as a mirror shows it: left and right exchanged. */
export function mirrored({ width, height, pixels }: RasterImage): RasterImage {
  const exchanged = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + width - 1 - x) * 3;
      exchanged.set(pixels.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, pixels: exchanged };
}
