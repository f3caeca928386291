/**
 * Where the images of a data set lie: a folder, tar shards or parquet files. A container knows its names when it is opened and reads the
 * bytes of one image when they are asked for. Names come from data sets and are not trusted: none may lead out of the container.
 */
import { extname } from 'node:path';
import { InputError } from '../../files/input-error.js';
import type { Place } from '../layouts/content.js';

/** A file that decided what a data set is, as it was when it was read. */
export interface ManifestEntry {
  /** Below the data root, with forward slashes. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of what was read of it: the file itself, or what its headers say of its members. */
  readonly sha256: string;
}

export interface ImageContainer {
  /** Whether there is an image of that name. @throws InputError for a name that leads out of the container */
  has(name: string): boolean;
  /** Names of all images, in a fixed order; what nobody refers to is among them. */
  names(): readonly string[];
  /** Path of an image, for messages. */
  placeOf(name: string): string;
  /** Bytes as they were stored. @throws InputError naming the file */
  read(name: string): Promise<Uint8Array>;
  readonly manifest: readonly ManifestEntry[];
  close(): void;
}

/** An image of more bytes is no image. */
export const LARGEST_IMAGE = 256_000_000;

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.gif',
  '.bmp',
  '.tif',
  '.tiff',
  '.avif',
]);

/** Whether a name ends as those of images do. */
export function isImageName(name: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(name).toLowerCase());
}

/** Whether a name can be that of a file inside of whatever it is looked up in. */
export function isInside(name: string): boolean {
  return !leadsOut(name) && partsOf(name).length > 0 && !name.includes('\0') && name.length <= 4096;
}

/**
 * A name with forward slashes and without `./`, which lies inside of whatever it is looked up in.
 * @throws InputError for an absolute name, one with `..`, and one that no file can have
 */
export function requireInside(name: string, where: Place): string {
  if (isInside(name)) return partsOf(name).join('/');
  const shown = JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
  throw new InputError({
    code: 'data-invalid',
    what: leadsOut(name) ? `the name ${shown} leads out of the folder of the images` : `${shown} is no name of a file`,
    where: String(where),
    expected: 'a relative path with forward slashes and without ".."',
    fix: 'correct the name, or leave the record out',
  });
}

const partsOf = (name: string): readonly string[] => name.split('/').filter((part) => part !== '.' && part !== '');

function leadsOut(name: string): boolean {
  return name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.includes('\\') || partsOf(name).includes('..');
}

/** The error of an image that is not where its record says. */
export function missingImage(name: string, where: string): InputError {
  return new InputError({
    code: 'data-invalid',
    what: `there is no image ${name.length > 200 ? `${name.slice(0, 200)}…` : name}`,
    where,
    expected: 'every image that the texts name',
    fix: 'fetch the images again; `vlm-bench data verify` lists all that are missing or broken',
  });
}
