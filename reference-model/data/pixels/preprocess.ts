/** From decoded pixels to what a vision encoder reads, with the same float32 roundings as `transformers` makes in numpy. */
import type { ImageProcessor } from './processor.js';
import { keptWindow, processedSize, resizedSize } from './processor.js';
import { type RgbImage, resizeImage } from './resize.js';

/**
 * One image as float32 [height, width, 3] of the processor's size.
 * @throws RangeError for a processor whose images differ in size
 */
export function preprocess(image: RgbImage, processor: ImageProcessor): Float32Array {
  return scaleLevels(resizeToProcessor(image, processor), processor);
}

/** The 8-bit pixels of the processor's size: small enough to keep, and all that `scaleLevels` needs. */
export function resizeToProcessor(image: RgbImage, processor: ImageProcessor): RgbImage {
  processedSize(processor);
  const { width, height } = resizedSize(processor, image);
  return resizeImage(
    image,
    processor.resize?.kernel ?? 'nearest',
    width,
    height,
    keptWindow(processor, { width, height }),
  );
}

/** Rescaled and normalised levels, float32 [height, width, 3]; written to `target` from `offset` on where these are given. */
export function scaleLevels(
  { rgb }: RgbImage,
  processor: ImageProcessor,
  target: Float32Array = new Float32Array(rgb.length),
  offset = 0,
): Float32Array {
  const [red, green, blue] = levelsOf(processor);
  for (let i = 0; i < rgb.length; i += 3) {
    target[offset + i] = red![rgb[i]!]!;
    target[offset + i + 1] = green![rgb[i + 1]!]!;
    target[offset + i + 2] = blue![rgb[i + 2]!]!;
  }
  return target;
}

const LEVELS = new WeakMap<ImageProcessor, readonly Float32Array[]>();

/** What each of the 256 levels of a channel becomes. */
function levelsOf(processor: ImageProcessor): readonly Float32Array[] {
  const known = LEVELS.get(processor);
  if (known !== undefined) return known;
  const levels = [0, 1, 2].map((channel) => Float32Array.from({ length: 256 }, (_, level) => scaled(level, channel)));
  LEVELS.set(processor, levels);
  return levels;

  function scaled(level: number, channel: number): number {
    const value = Math.fround(level * (processor.rescale ?? 1));
    if (processor.normalize === undefined) return value;
    const { mean, deviation } = processor.normalize;
    return Math.fround(Math.fround(value - Math.fround(mean[channel]!)) / Math.fround(deviation[channel]!));
  }
}
