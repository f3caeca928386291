/**
 * What decided the pixels that a model saw, beside the stored files: decoder, resampling and processor. Two versions of a decoder may
 * differ in a level here and there, so that their names belong to what a run was trained on; from the pixels on, bits are the same everywhere.
 */
import { sha256 } from '../../files/hashing.js';
import type { ImageProcessor } from './processor.js';

/** Raised when pixels change: of decoding rules, of the order of operations, of rounding. */
const RULES = 'pillow-8-bit/1';

/** By which files become 8-bit pixels of a size. */
export interface PixelRules {
  /** Decoders and their versions. */
  readonly decoder: string;
  readonly rules: string;
}

export interface PixelOrigin extends PixelRules {
  readonly processor: ImageProcessor;
}

export async function pixelOrigin(processor: ImageProcessor): Promise<PixelOrigin> {
  return { ...(await pixelRules()), processor };
}

export async function pixelRules(): Promise<PixelRules> {
  const { versions } = (await import('sharp')).default;
  const parts = ['sharp', 'vips', 'mozjpeg', 'png', 'webp', 'tiff', 'heif'] as const;
  const known: Readonly<Record<string, string | undefined>> = { ...versions };
  // A libvips of the system does not tell all its parts.
  const decoder = parts.flatMap((part) => (known[part] === undefined ? [] : [`${part} ${known[part]}`])).join(', ');
  return { decoder, rules: RULES };
}

/** SHA-256 over the fingerprint of the stored data and what made pixels of them. */
export function pixelFingerprint(sourceFingerprint: string, { decoder, rules, processor }: PixelOrigin): string {
  return sha256(JSON.stringify([sourceFingerprint, decoder, rules, canonical(processor)]));
}

/** In one order, however the settings were put together. */
function canonical({ resize, crop, rescale, normalize }: ImageProcessor): readonly unknown[] {
  const to =
    resize === undefined ? null : 'width' in resize.to ? [resize.to.width, resize.to.height] : resize.to.shortestEdge;
  return [
    resize?.kernel ?? null,
    to,
    crop === undefined ? null : [crop.width, crop.height],
    rescale ?? null,
    normalize === undefined ? null : [normalize.mean, normalize.deviation],
  ];
}
