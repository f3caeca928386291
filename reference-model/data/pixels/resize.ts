/**
 * Shrinks and enlarges 8-bit RGB images exactly as Pillow does: along the rows, rounded to 8 bits, then along the columns. Only what lies in
 * a window of the result is computed, so that a crop costs what it keeps.
 */
import { type Kernel, kernelWeights, nearestPixels, type SmoothKernel, WEIGHT_BITS, type Weights } from './kernels.js';

/** Rows from the top, each from the left, red, green, blue. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Part of the resized image; it may reach beyond its edges, where everything is black. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const HALF = 1 << (WEIGHT_BITS - 1);

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
  if (kernel === 'nearest') {
    return picked(
      image,
      nearestPixels(image.width, width, window.left, window.width),
      nearestPixels(image.height, height, window.top, window.height),
    );
  }
  const narrowed = width === image.width ? columnsOf(image, window) : alongRows(image, kernel, width, height, window);
  return height === image.height ? rowsOf(narrowed, window) : alongColumns(narrowed, kernel, height, window);
}

/** All rows that the second pass reads; the others stay black. */
function alongRows(image: RgbImage, kernel: SmoothKernel, width: number, height: number, window: Window): RgbImage {
  const { starts, counts, values, stride } = kernelWeights(kernel, image.width, width, window.left, window.width);
  const [firstRow, endRow] = rowsRead(image, kernel, height, window);
  const source = image.rgb;
  const result = new Uint8ClampedArray(window.width * image.height * 3);
  let at = firstRow * window.width * 3;
  for (let y = firstRow; y < endRow; y++) {
    const row = y * image.width;
    for (let x = 0; x < window.width; x++) {
      const weightsEnd = x * stride + counts[x]!;
      let pixel = (row + starts[x]!) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = x * stride; tap < weightsEnd; tap++, pixel += 3) {
        const weight = values[tap]!;
        red = (red + Math.imul(source[pixel]!, weight)) | 0;
        green = (green + Math.imul(source[pixel + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[pixel + 2]!, weight)) | 0;
      }
      result[at] = red >> WEIGHT_BITS;
      result[at + 1] = green >> WEIGHT_BITS;
      result[at + 2] = blue >> WEIGHT_BITS;
      at += 3;
    }
  }
  return { width: window.width, height: image.height, rgb: new Uint8Array(result.buffer) };
}

/** The first row that a window needs, and the first after them that it does not. */
function rowsRead(image: RgbImage, kernel: SmoothKernel, height: number, window: Window): readonly [number, number] {
  if (height === image.height) return [window.top, window.top + window.height];
  const { starts, counts } = kernelWeights(kernel, image.height, height, window.top, window.height);
  const last = window.height - 1;
  return [starts[0]!, starts[last]! + counts[last]!];
}

function alongColumns(image: RgbImage, kernel: SmoothKernel, height: number, window: Window): RgbImage {
  const weights: Weights = kernelWeights(kernel, image.height, height, window.top, window.height);
  const { starts, counts, values, stride } = weights;
  const source = image.rgb;
  const length = image.width * 3;
  const result = new Uint8ClampedArray(window.height * length);
  for (let y = 0; y < window.height; y++) {
    const first = y * stride;
    const weightsEnd = first + counts[y]!;
    const top = starts[y]! * length;
    for (let column = 0; column < length; column++) {
      let sum = HALF;
      for (let tap = first, at = top + column; tap < weightsEnd; tap++, at += length) {
        sum = (sum + Math.imul(source[at]!, values[tap]!)) | 0;
      }
      result[y * length + column] = sum >> WEIGHT_BITS;
    }
  }
  return { width: image.width, height: window.height, rgb: new Uint8Array(result.buffer) };
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

function columnsOf(image: RgbImage, { left, width }: Window): RgbImage {
  if (width === image.width) return image;
  const rgb = new Uint8Array(width * image.height * 3);
  for (let y = 0; y < image.height; y++) {
    const start = (y * image.width + left) * 3;
    rgb.set(image.rgb.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height: image.height, rgb };
}

function rowsOf(image: RgbImage, { top, height }: Window): RgbImage {
  if (height === image.height) return image;
  const length = image.width * 3;
  return { width: image.width, height, rgb: image.rgb.subarray(top * length, (top + height) * length) };
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
