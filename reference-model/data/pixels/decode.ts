/**
 * Image files to 8-bit RGB by the rules of Pillow's `convert("RGB")`, so that a model sees what `transformers` shows it: colour profiles are
 * not applied, transparency is dropped and not blended, CMYK is converted without a profile, of an animation the first frame counts, and an
 * image is turned upright as its EXIF data say. Ours alone: of 16 bits the upper 8 are kept, where Pillow clips grey to white.
 */
import { InputError } from '../../files/input-error.js';
import { requireImageKind, unusableImage } from './image-kind.js';
import { jpegFrame } from './jpeg-frame.js';
import type { RgbImage } from './rgb-image.js';

export interface DecodeRules {
  /** Path of the image, for messages. */
  readonly where: string;
  /** More are refused before any is decoded. */
  readonly mostPixels?: number;
}

/** 256 MiB of RGB, where Pillow warns of a decompression bomb. */
const MOST_PIXELS = 89_478_485;
/** Pixels; a JPEG cannot have a longer side. What is longer is no photograph, and costs far more to resize than to store. */
const LONGEST_SIDE = 65_535;

/** Colour spaces as libvips names them; what measures light otherwise is no photograph as a browser shows it. */
const SPACES: ReadonlySet<string | undefined> = new Set(['srgb', 'rgb', 'rgb16', 'b-w', 'grey16', 'cmyk']);
const DEPTHS: ReadonlySet<string | undefined> = new Set(['uchar', 'ushort']);

/**
 * @throws InputError for what is no image of a known kind, is cut short or cannot be decoded, or whose header claims too many pixels. What a
 * decoder merely warns of is decoded, as Pillow does.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { where, mostPixels = MOST_PIXELS }: DecodeRules,
): Promise<RgbImage> {
  const { default: sharp } = await import('sharp');
  const options = { failOn: 'error', ignoreIcc: true, limitInputPixels: mostPixels } as const;
  try {
    const { width, height, space, depth } = await headerOf(bytes, where);
    if (width * height > mostPixels || Math.max(width, height) > LONGEST_SIDE) {
      throw unusableImage(
        where,
        `its header says ${width} × ${height} pixels`,
        `at most ${(mostPixels / 1e6).toFixed(1)} million pixels, and ${LONGEST_SIDE} a side`,
      );
    }
    if (!SPACES.has(space) || !DEPTHS.has(depth)) {
      throw unusableImage(where, `its colours are ${space} as ${depth}`, 'grey, RGB or CMYK of 8 or 16 bits');
    }
    const upright = sharp(bytes, options).autoOrient();
    const converted =
      space === 'cmyk'
        ? upright.pipelineColourspace('cmyk').toColourspace('cmyk')
        : upright.toColourspace('srgb').removeAlpha();
    const { data, info } = await converted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
    const rgb = space === 'cmyk' ? rgbFromCmyk(pixels, info.channels) : pixels;
    return { width: info.width, height: info.height, rgb };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw unusableImage(where, `the image cannot be decoded: ${reasonOf(error)}`, 'a complete image', error);
  }
}

/** What the decoder says; where several decode at a time, one may take the reason of another away. */
function reasonOf(error: unknown): string {
  const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
  return said === 'Unknown error' ? 'the decoder does not say why' : said;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly space: string | undefined;
  readonly depth: string | undefined;
}

/** Nothing of the pixels is read. @throws InputError for what is no image of a known kind */
async function headerOf(bytes: Uint8Array, where: string): Promise<Header> {
  const frame = requireImageKind(bytes, where) === 'jpeg' ? jpegFrame(bytes) : undefined;
  if (frame?.precision === 8 && frame.components <= 3) {
    return { ...frame, space: frame.components === 1 ? 'b-w' : 'srgb', depth: 'uchar' };
  }
  const { default: sharp } = await import('sharp');
  return sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
}

/** Without a profile: what black leaves, less what each ink takes of it. @param channels 4, or 5 with transparency */
function rgbFromCmyk(inks: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8ClampedArray((inks.length / channels) * 3);
  for (let from = 0, to = 0; from < inks.length; from += channels, to += 3) {
    const left = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) {
      // Rounded division of a product of two bytes by 255.
      const product = inks[from + ink]! * left + 128;
      rgb[to + ink] = left - (((product >> 8) + product) >> 8);
    }
  }
  return new Uint8Array(rgb.buffer);
}
