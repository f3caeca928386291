/**
 * What an image goes through before a model sees it, as Hugging Face's SigLIP and CLIP image processors describe it: resized, cropped to the
 * middle, its levels scaled and normalised. Every image comes out at one size.
 */
import { InputError } from '../../files/input-error.js';
import type { Kernel } from './kernels.js';
import type { Window } from './rgb-image.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ImageProcessor {
  /** To a size whatever the shape was, or until the shorter edge is as long. */
  readonly resize?: { readonly kernel: Kernel; readonly to: Size | { readonly shortestEdge: number } };
  /** The middle of that size; what reaches beyond the image is black. */
  readonly crop?: Size;
  /** Factor of the levels 0 … 255. */
  readonly rescale?: number;
  /** Of the scaled levels of red, green and blue. */
  readonly normalize?: { readonly mean: Channels; readonly deviation: Channels };
}

export type Channels = readonly [red: number, green: number, blue: number];

/** SigLIP's own settings for images of `size` × `size` pixels: bicubic, levels to [−1, 1]. */
export function siglipProcessor(size: number): ImageProcessor {
  return {
    resize: { kernel: 'bicubic', to: { width: size, height: size } },
    rescale: 1 / 255,
    normalize: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  };
}

/** Size of every image that the processor gives. @throws RangeError where images would differ in size */
export function processedSize({ resize, crop }: ImageProcessor): Size {
  if (crop !== undefined) return crop;
  if (resize !== undefined && 'width' in resize.to) return resize.to;
  throw new RangeError('Images of one batch need one size: the processor neither crops nor resizes to one.');
}

/** Size to which an image is resized. */
export function resizedSize({ resize }: ImageProcessor, { width, height }: Size): Size {
  if (resize === undefined) return { width, height };
  if ('width' in resize.to) return resize.to;
  const { shortestEdge } = resize.to;
  return width <= height
    ? { width: shortestEdge, height: Math.trunc((shortestEdge * height) / width) }
    : { width: Math.trunc((shortestEdge * width) / height), height: shortestEdge };
}

/** What is kept of an image of that size. */
export function keptWindow({ crop }: ImageProcessor, { width, height }: Size): Window {
  if (crop === undefined) return { left: 0, top: 0, width, height };
  return { left: Math.floor((width - crop.width) / 2), top: Math.floor((height - crop.height) / 2), ...crop };
}

/** @param where folder of the model, for messages @throws InputError unless the processor's images are squares of that side */
export function requireSide(
  processor: ImageProcessor,
  { side, where }: { readonly side: number; readonly where: string },
): void {
  const { width, height } = processedSize(processor);
  if (width === side && height === side) return;
  throw new InputError({
    code: 'data-invalid',
    what: `the image processor gives images of ${width}×${height} pixels, and the vision encoder takes ${side}×${side}`,
    where,
    expected: 'one size',
    fix: 'download all files of the model again, of one revision',
  });
}
