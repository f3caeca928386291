/** From a stored image to the pixels that a model sees: decoded, and resized to a square as SigLIP's processor does. */
import type { RasterImage } from '../dataset.js';
import { decodeImage } from '../pixels/decode.js';
import { resizeToProcessor } from '../pixels/preprocess.js';
import { siglipProcessor } from '../pixels/processor.js';
import type { RgbImage } from '../pixels/rgb-image.js';

/** @param where path of the image, for messages @throws InputError for an image that is broken or refused */
export async function decodeToSide(bytes: Uint8Array, where: string, side: number): Promise<RasterImage> {
  return resizeToSide(await decodeImage(bytes, { where }), side);
}

export function resizeToSide(image: RgbImage, side: number): RasterImage {
  const { width, height, rgb } = resizeToProcessor(image, siglipProcessor(side));
  return { width, height, pixels: rgb };
}
