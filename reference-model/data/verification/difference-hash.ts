/**
 * A hash that stays when an image is scaled or encoded anew: the image is shrunk to 9×8 grey pixels, and each of 64 bits says whether a
 * pixel is darker than its right neighbour ("dHash", Krawetz 2013, hackerfactor.com).
 */
import type { Sharp } from 'sharp';

const WIDTH = 9;
const HEIGHT = 8;

/** Decodes the whole image, so that what is cut short fails. */
export async function differenceHash(image: Sharp): Promise<bigint> {
  const { data, info } = await image
    .toColourspace('srgb')
    .flatten({ background: '#ffffff' })
    .greyscale()
    .resize(WIDTH, HEIGHT, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  let bits = 0n;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x + 1 < WIDTH; x++) {
      const at = (y * WIDTH + x) * info.channels;
      bits = (bits << 1n) | (data[at]! < data[at + info.channels]! ? 1n : 0n);
    }
  }
  return bits;
}

/** How many of 64 bits differ. */
export function bitDistance(a: bigint, b: bigint): number {
  let different = a ^ b;
  let count = 0;
  for (; different !== 0n; different &= different - 1n) count++;
  return count;
}
