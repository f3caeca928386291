/**
 * Safetensors files of any size, written and read tensor by tensor: one tensor is in memory at a time. The bytes are those that
 * `writeSafetensors` would give, and their digest is computed while they are written.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readExactly, writeFully } from '../files/file-bytes.js';
import { decodeValues, type NamedArray } from './safetensors.js';
import {
  byName,
  encodeHeader,
  readSafetensorsHeader,
  type SafetensorsHeader,
  sizeOf,
  type TensorShape,
} from './safetensors-header.js';

/** A tensor whose values are fetched when they are needed; each `read` fetches them again. */
export interface TensorSource extends TensorShape {
  readonly read: () => NamedArray['values'];
}

export type TensorSources = ReadonlyMap<string, TensorSource>;

/** What was written, as the writer saw it. */
export interface WrittenFile {
  readonly bytes: number;
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string;
}

const HASHED_AT_ONCE = 2 ** 26;

/**
 * Appends a whole file to an open one, its tensors in order of name.
 *
 * @param tensors F32 or I32
 * @throws RangeError when the number of values does not match a shape
 */
export function writeTensors(
  descriptor: number,
  tensors: TensorSources,
  metadata: Readonly<Record<string, string>> = {},
): WrittenFile {
  const hash = createHash('sha256');
  let written = 0;
  for (const bytes of fileBytes(tensors, metadata)) {
    for (let at = 0; at < bytes.length; at += HASHED_AT_ONCE) hash.update(bytes.subarray(at, at + HASHED_AT_ONCE));
    writeFully(descriptor, bytes);
    written += bytes.length;
  }
  return { bytes: written, sha256: hash.digest('hex') };
}

/** As `writeTensors`, where nobody asks for a digest, which costs as much as all else. */
export function writeTensorsUnhashed(
  descriptor: number,
  tensors: TensorSources,
  metadata: Readonly<Record<string, string>> = {},
): void {
  for (const bytes of fileBytes(tensors, metadata)) writeFully(descriptor, bytes);
}

/** The header, then one tensor after the other. */
function* fileBytes(
  tensors: TensorSources,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array, void, undefined> {
  const sorted = [...tensors].sort(([a], [b]) => byName(a, b));
  yield encodeHeader(sorted, metadata);
  for (const [name, { shape, dtype, read }] of sorted) {
    const values = read();
    const isFitting = values.length === sizeOf(shape) && dtype === (values instanceof Int32Array ? 'I32' : 'F32');
    if (!isFitting) {
      const what = `${values.length} values for ${dtype} [${shape.join(', ')}]`;
      throw new RangeError(`Tensor "${name}" cannot be written: ${what}.`);
    }
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

/**
 * The tensors of a file, none of them read yet.
 * @throws SafetensorsError
 */
export function openTensors(file: string): TensorSources {
  return sourcesOf(file, readSafetensorsHeader(file));
}

/** The tensors of a file whose header has been read. */
export function sourcesOf(file: string, { entries, dataStart }: SafetensorsHeader): TensorSources {
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => {
      const read = (): NamedArray['values'] => {
        const bytes = new Uint8Array(end - begin);
        const descriptor = openSync(file, 'r');
        try {
          readExactly(descriptor, bytes, dataStart + begin, file);
        } finally {
          closeSync(descriptor);
        }
        return decodeValues(bytes.buffer, dtype);
      };
      return [name, { dtype, shape, read }] as const;
    }),
  );
}
