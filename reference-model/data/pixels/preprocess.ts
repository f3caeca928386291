/** From decoded pixels to what a vision encoder reads, with the same float32 roundings as `transformers` makes in numpy. */
import { memoryPlan, pixelKernels } from './pixel-kernels.js';
import type { ImageProcessor } from './processor.js';
import { keptWindow, processedSize, resizedSize } from './processor.js';
import { resizeImage } from './resize.js';
import type { RgbImage } from './rgb-image.js';

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

/** Pixels whose levels are scaled at a time, so that the memory of the kernels stays small. */
const PIXELS_AT_A_TIME = 2 ** 16;

/** Rescaled and normalised levels, float32 [height, width, 3]; written to `target` from `offset` on where these are given. */
export function scaleLevels(
  { rgb }: RgbImage,
  processor: ImageProcessor,
  target: Float32Array = new Float32Array(rgb.length),
  offset = 0,
): Float32Array {
  const kernels = pixelKernels();
  const { place, reserve } = memoryPlan(kernels);
  const levels = levelsOf(processor);
  const most = Math.min(PIXELS_AT_A_TIME, rgb.length / 3) * 3;
  const [tables, from, to] = [place(levels.byteLength), place(most), place(most * 4)];
  const heap = reserve();
  new Float32Array(heap.buffer, tables, levels.length).set(levels);
  for (let start = 0; start < rgb.length; start += most) {
    const part = rgb.subarray(start, start + most);
    heap.set(part, from);
    kernels.scaleLevels(from, part.length / 3, tables, to);
    target.set(new Float32Array(heap.buffer, to, part.length), offset + start);
  }
  return target;
}

const LEVELS = new WeakMap<ImageProcessor, Float32Array>();

/** What each of the 256 levels of each channel becomes: float32 [3, 256]. */
function levelsOf(processor: ImageProcessor): Float32Array {
  const known = LEVELS.get(processor);
  if (known !== undefined) return known;
  const levels = Float32Array.from({ length: 768 }, (_, index) => scaledLevel(processor, index & 255, index >> 8));
  LEVELS.set(processor, levels);
  return levels;
}

function scaledLevel({ rescale = 1, normalize }: ImageProcessor, level: number, channel: number): number {
  const value = Math.fround(level * rescale);
  if (normalize === undefined) return value;
  const [mean, deviation] = [Math.fround(normalize.mean[channel]!), Math.fround(normalize.deviation[channel]!)];
  return Math.fround(Math.fround(value - mean) / deviation);
}
