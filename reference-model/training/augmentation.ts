/**
 * Moves training images about, so that a small data set shows its objects in more places than it has images. What is drawn is a pure
 * function of (seed, stage, step): arms of one seed see the same pictures, and a resumed run needs no state.
 */
import type { RasterImage, Sample } from '../data/dataset.js';
import { randomStream } from '../numerics/random.js';
import type { TextStage } from '../recipe/recipe.js';
import type { BatchPlan } from './examples.js';

/**
 * The same batches with every image moved by up to `stage.imageShift` pixels, once for all questions that share it; the very same plan
 * where the stage names no shift.
 */
export function withShiftedImages(
  plan: BatchPlan,
  { name, imageShift = 0, questionsPerImage = 1 }: TextStage,
  seed: number,
): BatchPlan {
  if (imageShift === 0) return plan;
  return {
    batch: (step) => {
      const stream = randomStream(seed, 'image-shift', name, step);
      const offset = () => stream.integer(2 * imageShift + 1) - imageShift;
      let last: { readonly original: Sample; readonly sample: Sample } | undefined;
      return plan.batch(step).map((example) => {
        if (questionsPerImage > 1 && last?.original === example.sample) return { ...example, sample: last.sample };
        const image = shifted(example.sample.image, { right: offset(), down: offset() });
        last = { original: example.sample, sample: { ...example.sample, image } };
        return { ...example, sample: last.sample };
      });
    },
  };
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
