/** Images as shards hold them: as they are, or decoded, shrunk and encoded anew. */
import type { StoredImage } from '../source.js';

export interface Encoding {
  /** `as-is` keeps the stored bytes; generated pixels become PNG then. */
  readonly encode: 'as-is' | 'jpeg' | 'png' | 'webp';
  /** Pixels of the longer side; smaller images stay. */
  readonly size?: number;
}

const MOST_PIXELS = 2 ** 28;

/** @throws Error where the image cannot be decoded */
export async function encodeImage(
  stored: StoredImage,
  { encode, size }: Encoding,
): Promise<{ readonly bytes: Uint8Array; readonly extension: string }> {
  const { default: sharp } = await import('sharp');
  if (stored.kind === 'encoded' && encode === 'as-is') {
    const { format } = await sharp(stored.bytes, { failOn: 'warning', limitInputPixels: MOST_PIXELS }).metadata();
    return { bytes: stored.bytes, extension: extensions[format ?? ''] ?? 'jpg' };
  }
  const decoded =
    stored.kind === 'pixels'
      ? sharp(stored.image.pixels, { raw: { width: stored.image.width, height: stored.image.height, channels: 3 } })
      : sharp(stored.bytes, { failOn: 'warning', limitInputPixels: MOST_PIXELS }).rotate(); // as a camera's mark says
  const sized =
    size === undefined
      ? decoded
      : decoded.resize(size, size, { fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' });
  const plain = sized.toColourspace('srgb').flatten({ background: '#ffffff' });
  switch (encode) {
    case 'jpeg':
      return { bytes: await plain.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(), extension: 'jpg' };
    case 'webp':
      return { bytes: await plain.webp({ lossless: true }).toBuffer(), extension: 'webp' };
    case 'as-is':
    case 'png':
      return { bytes: await plain.png().toBuffer(), extension: 'png' };
    default:
      return encode satisfies never;
  }
}

const extensions: Readonly<Record<string, string>> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  tiff: 'tif',
  heif: 'avif',
};
