/** From a stored image to the pixels that a model sees: decoded, and brought to the one size of its processor. */
import type { RasterImage } from '../dataset.js';
import { decodeImage } from '../pixels/decode.js';
import { resizeToProcessor } from '../pixels/preprocess.js';
import type { ImageProcessor } from '../pixels/processor.js';
import type { RgbImage } from '../pixels/rgb-image.js';

/** @param where path of the image, for messages @throws InputError for an image that is broken or refused */
export async function decodeTo(bytes: Uint8Array, where: string, processor: ImageProcessor): Promise<RasterImage> {
  return resizeTo(await decodeImage(bytes, { where }), processor);
}

export function resizeTo(image: RgbImage, processor: ImageProcessor): RasterImage {
  const { width, height, rgb } = resizeToProcessor(image, processor);
  return { width, height, pixels: rgb };
}
