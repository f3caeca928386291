/** Reads one square PNG file as RGB pixels of the wanted size. Decoding is lossless and shrinking is our own integer code. */
import { readFile } from 'node:fs/promises';
import { DataError } from '../data-error.js';
import type { RasterImage } from '../dataset.js';
import { boxDownsample } from '../preprocessing.js';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]); // PNG specification, 5.2
const LARGEST_SIDE = 4096;

/**
 * Pixels of a square PNG shrunk to `side` × `side`; grey images and images with alpha become plain RGB.
 * Throws DataError for a file that is no PNG, is truncated, or whose side is not a multiple of `side`.
 */
export async function decodeSquarePng(file: string, side: number): Promise<RasterImage> {
  const unreadable = (problem: string): DataError => new DataError({ code: 'unreadable-image', file, problem });
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(`${(error as Error).message}.`);
  }
  if (!bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) throw unreadable('it has no PNG signature.');
  // Loaded when an image is met: most runs read none.
  const { default: sharp } = await import('sharp');
  let image: RasterImage;
  try {
    const { data, info } = await sharp(bytes, { failOn: 'warning', limitInputPixels: LARGEST_SIDE * LARGEST_SIDE })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    image = { width: info.width, height: info.height, pixels: new Uint8Array(data) };
  } catch (error) {
    throw unreadable(`${(error as Error).message.split('\n')[0]}.`);
  }
  const { width, height } = image;
  if (width !== height || width % side !== 0) {
    throw unreadable(`expected a square whose side is a multiple of ${side} pixels, found ${width}×${height}.`);
  }
  return boxDownsample(image, width / side);
}
