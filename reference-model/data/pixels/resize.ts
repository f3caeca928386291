/**
 * Shrinks and enlarges 8-bit RGB images exactly as Pillow does: along the rows, rounded to 8 bits, then along the columns. Only what lies in
 * a window of the result is computed, so that a crop costs what it keeps.
 */
import { type Kernel, nearestPixels } from './kernels.js';
import { resizeSmoothly } from './resize-passes.js';
import type { RgbImage, Window } from './rgb-image.js';

/** @param width of the whole result, of which `window` is kept */
export function resizeImage(
  image: RgbImage,
  kernel: Kernel,
  width: number,
  height: number,
  window: Window = { left: 0, top: 0, width, height },
): RgbImage {
  const inner = intersection(window, width, height);
  if (inner === undefined) return blank(window);
  const part = resizedPart(image, kernel, width, height, inner);
  return inner.width === window.width && inner.height === window.height ? part : placed(part, inner, window);
}

function resizedPart(image: RgbImage, kernel: Kernel, width: number, height: number, window: Window): RgbImage {
  if (kernel !== 'nearest') return resizeSmoothly(image, kernel, width, height, window);
  return picked(
    image,
    nearestPixels(image.width, width, window.left, window.width),
    nearestPixels(image.height, height, window.top, window.height),
  );
}

/** The pixels that stand in these columns and rows. */
function picked(image: RgbImage, columns: Int32Array, rows: Int32Array): RgbImage {
  const rgb = new Uint8Array(columns.length * rows.length * 3);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const pixel = (row * image.width + column) * 3;
      rgb[at++] = image.rgb[pixel]!;
      rgb[at++] = image.rgb[pixel + 1]!;
      rgb[at++] = image.rgb[pixel + 2]!;
    }
  }
  return { width: columns.length, height: rows.length, rgb };
}

/** What of the window lies in the image. */
function intersection(window: Window, width: number, height: number): Window | undefined {
  const left = Math.max(window.left, 0);
  const top = Math.max(window.top, 0);
  const right = Math.min(window.left + window.width, width);
  const bottom = Math.min(window.top + window.height, height);
  return right > left && bottom > top ? { left, top, width: right - left, height: bottom - top } : undefined;
}

const blank = ({ width, height }: Window): RgbImage => ({ width, height, rgb: new Uint8Array(width * height * 3) });

/** The part that lies in the image, with black where the window reaches beyond. */
function placed(part: RgbImage, inner: Window, window: Window): RgbImage {
  const result = blank(window);
  for (let y = 0; y < part.height; y++) {
    const row = part.rgb.subarray(y * part.width * 3, (y + 1) * part.width * 3);
    result.rgb.set(row, ((y + inner.top - window.top) * window.width + inner.left - window.left) * 3);
  }
  return result;
}
