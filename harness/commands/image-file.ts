/** An image file of the user as a model sees it: PNG, JPEG or WebP, upright, opaque and square. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import type { RasterImage } from '../../reference-model/index.js';
import { UserError } from '../errors.js';

/** As the command's help says; of an animation the first frame. */
const formats: ReadonlySet<string | undefined> = new Set(['png', 'jpeg', 'webp']);
/** Pixels; a header may claim any number of them. */
const LARGEST_IMAGE = 100_000_000;

/**
 * The whole image the way up that its EXIF says, stretched to the square of `size` pixels that the model sees.
 * @throws UserError `file-unreadable` for a file that cannot be decoded, is of another format or claims too many pixels
 */
export async function readImageFile(file: string, size: number): Promise<RasterImage> {
  const bytes = readFileBytes(file);
  try {
    // Only the header is read here.
    const { format, width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (!formats.has(format)) throw unreadable(file, `the image is of the kind ${format}`, 'save it as one of these');
    if (width * height > LARGEST_IMAGE) {
      throw unreadable(
        file,
        `the image is too large: its header says ${width} × ${height} pixels`,
        'make the image smaller, or check the file',
        `at most ${LARGEST_IMAGE / 1e6} million pixels`,
      );
    }
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: LARGEST_IMAGE })
      .autoOrient()
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .removeAlpha();
    const { data, info } = await image.resize(size, size, { fit: 'fill' }).raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw unreadable(file, 'the image cannot be read', 'check the path and the file', undefined, cause);
  }
}

/** @throws UserError `file-unreadable` */
export function readFileBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unreadable(file, `the image cannot be read: ${(cause as Error).message}`, 'check the path', undefined, cause);
  }
}

function unreadable(
  file: string,
  what: string,
  fix: string,
  expected = 'a whole PNG, JPEG or WebP file',
  cause?: unknown,
): UserError {
  return new UserError({ code: 'file-unreadable', what, where: file, expected, fix }, { cause });
}
