/**
 * `images/<first 32 digits of SHA-256>.png`: every picture that a page may show, once per store, named by its content. A file is not
 * forced to disk, which would take seconds for a split: one that a power cut damaged is told by its digest and written again.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../reference-model/files/hashing.js';
import { existsAnew } from '../files/seen-anew.js';

export const imagesFolder = (store: string): string => join(store, 'images');

/** @param digest SHA-256 in hexadecimal: nothing else may become a path */
export const storedImageFile = (store: string, digest: string): string =>
  join(imagesFolder(store), `${digest.slice(0, 32)}.png`);

/** Keeps a picture unless it is there. @returns its digest */
export function storeImage(store: string, png: Uint8Array): string {
  const digest = sha256(png);
  if (readStoredImage(store, digest) !== undefined) return digest;
  const file = storedImageFile(store, digest);
  mkdirSync(imagesFolder(store), { recursive: true });
  const temporary = `${file}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(temporary, png, { flag: 'wx' });
  renameSync(temporary, file);
  return digest;
}

/** The picture with this digest; undefined when it is missing or damaged. */
export function readStoredImage(store: string, digest: string): Uint8Array | undefined {
  const file = storedImageFile(store, digest);
  if (!existsAnew(file)) return undefined;
  try {
    const png = readFileSync(file);
    return sha256(png) === digest ? png : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
