/**
 * A hash that stays when an image is scaled or encoded anew: the image is shrunk to 9×8 grey pixels, and each of 64 bits says whether a
 * pixel is darker than its right neighbour ("dHash", Krawetz 2013, hackerfactor.com).
 */
import { resizeImage } from '../pixels/resize.js';
import type { RgbImage } from '../pixels/rgb-image.js';

const WIDTH = 9;
const HEIGHT = 8;

export function differenceHash(image: RgbImage): bigint {
  const { rgb } = resizeImage(image, 'bicubic', WIDTH, HEIGHT);
  let bits = 0n;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x + 1 < WIDTH; x++) {
      const at = (y * WIDTH + x) * 3;
      bits = (bits << 1n) | (brightness(rgb, at) < brightness(rgb, at + 3) ? 1n : 0n);
    }
  }
  return bits;
}

/** Luma of ITU-R BT.601 in whole levels, so that noise of a decoder does not tell neighbours apart. */
const brightness = (rgb: Uint8Array, at: number): number =>
  Math.round((299 * rgb[at]! + 587 * rgb[at + 1]! + 114 * rgb[at + 2]!) / 1000);

/** How many of 64 bits differ. */
export function bitDistance(a: bigint, b: bigint): number {
  let different = a ^ b;
  let count = 0;
  for (; different !== 0n; different &= different - 1n) count++;
  return count;
}
