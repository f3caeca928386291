/**
 * The kinds of images that are decoded, told by their first bytes and not by their names: what a data set calls a photograph never reaches a
 * parser of drawings or documents.
 */
import { InputError } from '../../files/input-error.js';

const IMAGE_KINDS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;
export type ImageKind = (typeof IMAGE_KINDS)[number];

/** Bytes in hexadecimal, two digits each, where a dot stands for any digit. */
const SIGNATURES: Readonly<Record<ImageKind, RegExp>> = {
  jpeg: /^ffd8ff/,
  png: /^89504e470d0a1a0a/,
  webp: /^52494646.{8}57454250/, // RIFF, size, WEBP
  gif: /^47494638(37|39)61/, // GIF87a, GIF89a
  tiff: /^(49492[ab]00|4d4d002[ab])/,
  avif: /^.{8}66747970617669(66|73)/, // size, ftyp, avif or avis
};

/** Undefined for everything else, BMP and SVG among it. */
export function imageKindOf(bytes: Uint8Array): ImageKind | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('hex');
  return IMAGE_KINDS.find((kind) => SIGNATURES[kind].test(start));
}

/** @param where path of the image @throws InputError for what is none of these kinds */
export function requireImageKind(bytes: Uint8Array, where: string): ImageKind {
  const kind = imageKindOf(bytes);
  if (kind !== undefined) return kind;
  throw unusableImage(where, 'the file is no image of a known kind', `one of ${IMAGE_KINDS.join(', ')}`);
}

/** The error of an image that cannot be used. */
export function unusableImage(where: string, what: string, expected: string, cause?: unknown): InputError {
  const fix = 'fetch the image again, or leave it out; `vlm-bench data verify` lists all that are broken';
  return new InputError({ code: 'data-invalid', what, where, expected, fix }, { cause });
}
