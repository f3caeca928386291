/**
 * The images of evaluated splits as files of the site, named by the hash of their bytes: an image that many runs share is one file, and no
 * text from a data set becomes part of a path. Large images get a thumbnail beside them.
 */

import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { type ExampleImage, examplePng } from '../records/example-images.js';

/** An image in the site; paths start at the site's root, sizes are pixels of what `thumbnail` shows. */
export interface SiteImage {
  readonly path: string;
  readonly thumbnail: string;
  readonly width: number;
  readonly height: number;
}

export interface PlacedImage extends SiteImage {
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

const LONGEST_SIDE = 256;
const LARGEST_FILE = 32 * 2 ** 20;

/** Placed images by image id; an entry that is no PNG is left out. */
export async function placeImages(
  images: Iterable<readonly [string, Uint8Array]>,
): Promise<ReadonlyMap<string, PlacedImage>> {
  const placed = new Map<string, PlacedImage>();
  for (const [imageId, bytes] of images) {
    const image = await placeImage(bytes);
    if (image !== undefined) placed.set(imageId, image);
  }
  return placed;
}

/** The few images that a record names itself, as PNG; one whose picture is gone is left out. */
export async function exampleImages(
  examples: readonly ExampleImage[],
): Promise<readonly (readonly [string, Uint8Array])[]> {
  const images: [string, Uint8Array][] = [];
  for (const example of examples) {
    try {
      images.push([example.imageId, await examplePng(example)]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return images;
}

async function placeImage(bytes: Uint8Array): Promise<PlacedImage | undefined> {
  const size = pngSize(bytes);
  if (size === undefined) return undefined;
  const name = sha256(bytes).slice(0, 32);
  const path = `images/${name.slice(0, 2)}/${name}.png`;
  const whole = { path, bytes };
  if (Math.max(size.width, size.height) > LONGEST_SIDE) {
    const small = await thumbnail(bytes);
    if (small !== undefined) {
      const thumbnailPath = `images/${name.slice(0, 2)}/${name}-thumbnail.png`;
      return {
        ...small.size,
        path,
        thumbnail: thumbnailPath,
        files: [whole, { path: thumbnailPath, bytes: small.bytes }],
      };
    }
  }
  return { ...size, path, thumbnail: path, files: [whole] };
}

async function thumbnail(bytes: Uint8Array) {
  const { default: sharp } = await import('sharp');
  try {
    const small = await sharp(bytes)
      .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
      .png()
      .toBuffer();
    const size = pngSize(small);
    return size === undefined ? undefined : { bytes: small, size };
  } catch {
    // A picture that cannot be decoded here: the browser is shown the file itself.
    return undefined;
  }
}

/** Width and height from the header (PNG specification, third edition, section 11.2.1); undefined for anything but a PNG. */
function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 45 || view.length > LARGEST_FILE) return undefined;
  if (view.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n' || view.toString('latin1', 12, 16) !== 'IHDR')
    return undefined;
  const [width, height] = [view.readUInt32BE(16), view.readUInt32BE(20)];
  return width > 0 && height > 0 && width <= 65_535 && height <= 65_535 ? { width, height } : undefined;
}
