/**
 * From 8-bit pixels to what the vision encoder reads: an exact integer box filter to shrink images, and SigLIP's
 * normalisation (mean .5, standard deviation .5) to [−1, 1]. Only + − × ÷, so the values are the same on every machine.
 */
import type { RasterImage } from './dataset.js';

/**
 * Shrinks an image by averaging square blocks of `factor` × `factor` pixels, rounding halves up.
 * Throws RangeError unless the factor is a positive integer that divides width and height.
 */
export function boxDownsample(image: RasterImage, factor: number): RasterImage {
  const { width, height, pixels } = image;
  if (!Number.isInteger(factor) || factor < 1 || width % factor !== 0 || height % factor !== 0) {
    throw new RangeError(`An image of ${width}×${height} pixels cannot shrink by a factor of ${factor}.`);
  }
  if (factor === 1) return image;
  const smallWidth = width / factor;
  const smallHeight = height / factor;
  const area = factor * factor;
  const small = new Uint8Array(smallWidth * smallHeight * 3);
  for (let y = 0; y < smallHeight; y++) {
    for (let x = 0; x < smallWidth; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = area >> 1;
        for (let blockY = 0; blockY < factor; blockY++) {
          for (let blockX = 0; blockX < factor; blockX++) {
            sum += pixels[((y * factor + blockY) * width + x * factor + blockX) * 3 + channel]!;
          }
        }
        small[(y * smallWidth + x) * 3 + channel] = Math.floor(sum / area);
      }
    }
  }
  return { width: smallWidth, height: smallHeight, pixels: small };
}

/** The normalised value of each of the 256 levels: a look-up is several times faster than a division. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, level) => level / 127.5 - 1);

/** One image as float32 [height, width, 3] in [−1, 1]. */
export function normalizePixels(image: RasterImage): Float32Array {
  return normalizeBatch([image]);
}

/**
 * Images of one size as float32 [batch, height, width, 3] in [−1, 1].
 * Throws RangeError for an empty batch or images of different sizes.
 */
export function normalizeBatch(images: readonly RasterImage[]): Float32Array {
  const first = images[0];
  if (first === undefined) throw new RangeError('A batch needs at least one image.');
  const length = first.width * first.height * 3;
  const batch = new Float32Array(images.length * length);
  images.forEach(({ width, height, pixels }, index) => {
    if (width !== first.width || height !== first.height || pixels.length !== length) {
      throw new RangeError(
        `Images of one batch need one size: image ${index} has ${width}×${height} pixels, image 0 has ${first.width}×${first.height}.`,
      );
    }
    for (let i = 0; i < length; i++) batch[index * length + i] = NORMALIZED[pixels[i]!]!;
  });
  return batch;
}
