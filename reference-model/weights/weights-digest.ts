/**
 * Names the content of a model's folder without reading gigabytes: a digest over its small files, over the size and header of every file of
 * weights, and over the first, middle and last bytes of every tensor. Other training changes every tensor and so the digest; a file that was
 * damaged in one place may keep it, which the checksums of a download are for.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensorsHeader } from '../checkpoint/safetensors-header.js';
import { readExactly } from '../files/file-bytes.js';
import { readBytes } from '../files/regular-file.js';

/** Bytes of each of the three places of a tensor; a smaller tensor is read whole. */
const PLACE_BYTES = 4096;

/** Besides weights all that a part is made from; what is missing is missing from the digest too. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
  'preprocessor_config.json',
  'processor_config.json',
  'model.safetensors.index.json',
];

/**
 * @param files of weights in the folder, by name
 * @returns SHA-256 in lower-case hexadecimal
 * @throws InputError, SafetensorsError
 */
export function weightsDigest(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (name: string, bytes: Uint8Array): void => {
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  };
  for (const name of SMALL_FILES) {
    if (existsSync(join(folder, name))) add(name, readBytes(join(folder, name)));
  }
  for (const name of [...files].sort()) addWeights(join(folder, name), name, add);
  return hash.digest('hex');
}

function addWeights(file: string, name: string, add: (name: string, bytes: Uint8Array) => void): void {
  const { entries, others, dataStart } = readSafetensorsHeader(file, { otherTypes: 'told' });
  const descriptor = openSync(file, 'r');
  try {
    const bytesAt = (begin: number, end: number): Uint8Array => {
      const bytes = new Uint8Array(end - begin);
      readExactly(descriptor, bytes, begin, file);
      return bytes;
    };
    add(`${name} of ${fstatSync(descriptor).size} bytes`, bytesAt(0, dataStart));
    for (const { begin, end } of [...entries, ...others]) {
      for (const [from, to] of placesOf(begin, end)) add('', bytesAt(dataStart + from, dataStart + to));
    }
  } finally {
    closeSync(descriptor);
  }
}

function placesOf(begin: number, end: number): readonly (readonly [number, number])[] {
  const middle = begin + Math.floor((end - begin - PLACE_BYTES) / 2);
  if (end - begin <= 3 * PLACE_BYTES) return [[begin, end]];
  return [begin, middle, end - PLACE_BYTES].map((from) => [from, from + PLACE_BYTES] as const);
}
