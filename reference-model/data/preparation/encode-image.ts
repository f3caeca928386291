/** Images as shards hold them: as they are, or decoded by the rules of training, shrunk and encoded anew. */
import { decodeImage } from '../pixels/decode.js';
import { type ImageKind, requireImageKind } from '../pixels/image-kind.js';
import { resizeImage } from '../pixels/resize.js';
import type { RgbImage } from '../pixels/rgb-image.js';
import type { StoredImage } from '../source.js';

export interface Encoding {
  /** `as-is` keeps the stored bytes; generated pixels become PNG then. */
  readonly encode: 'as-is' | 'jpeg' | 'png' | 'webp';
  /** Pixels of the longer side; smaller images stay. */
  readonly size?: number;
}

/** @param where path of the image, for messages @throws InputError where it cannot be decoded, or kept bytes are of no known kind */
export async function encodeImage(
  stored: StoredImage,
  { encode, size }: Encoding,
  where: string,
): Promise<{ readonly bytes: Uint8Array; readonly extension: string }> {
  if (stored.kind === 'encoded' && encode === 'as-is') {
    return { bytes: stored.bytes, extension: EXTENSIONS[requireImageKind(stored.bytes, where)] };
  }
  const decoded =
    stored.kind === 'pixels'
      ? { width: stored.image.width, height: stored.image.height, rgb: stored.image.pixels }
      : await decodeImage(stored.bytes, { where });
  const { width, height, rgb } = size === undefined ? decoded : shrunk(decoded, size);
  const { default: sharp } = await import('sharp');
  const image = sharp(rgb, { raw: { width, height, channels: 3 } });
  switch (encode) {
    case 'jpeg':
      return { bytes: await image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(), extension: 'jpg' };
    case 'webp':
      return { bytes: await image.webp({ lossless: true }).toBuffer(), extension: 'webp' };
    case 'as-is':
    case 'png':
      return { bytes: await image.png().toBuffer(), extension: 'png' };
    default:
      return encode satisfies never;
  }
}

function shrunk(image: RgbImage, size: number): RgbImage {
  const scale = size / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return resizeImage(image, 'lanczos', side(image.width), side(image.height));
}

const EXTENSIONS: Readonly<Record<ImageKind, string>> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  tiff: 'tif',
  avif: 'avif',
};
