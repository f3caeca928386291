/**
 * Safetensors files of any size, written and read tensor by tensor: one tensor is in memory at a time. The bytes are those that
 * `writeSafetensors` would give, and their digest is computed while they are written.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readExactly, writeFully } from '../files/file-bytes.js';
import { widenInto } from './half-precision.js';
import { decodeValues, type NamedArray } from './safetensors.js';
import {
  BYTES_PER_VALUE,
  byName,
  type Dtype,
  encodeHeader,
  readSafetensorsHeader,
  type SafetensorsHeader,
  sizeOf,
  type TensorShape,
} from './safetensors-header.js';

/** A tensor whose values are fetched when they are needed; each `read` fetches them again. */
export interface TensorSource extends TensorShape {
  readonly read: () => NamedArray['values'];
  /** Writes the values of a tensor of floats into an array of its size, a part at a time; absent where they are in memory anyway. */
  readonly readInto?: (values: Float32Array) => void;
  /**
   * The values in their order, a part at a time, each of which may be overwritten by the next: what copies a tensor needs no memory of its
   * size, whose pages cost more than reading them. Absent where the values are in memory anyway.
   */
  readonly parts?: () => Iterable<NamedArray['values']>;
  /** Some of the values, from one place in their row-major order up to another; absent where they are in memory anyway. */
  readonly readRange?: (begin: number, end: number) => NamedArray['values'];
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

/** The header, then one tensor after the other; a piece may be overwritten once the next is asked for. */
function* fileBytes(
  tensors: TensorSources,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array, void, undefined> {
  const sorted = [...tensors].sort(([a], [b]) => byName(a, b));
  yield encodeHeader(sorted, metadata);
  for (const [name, { shape, dtype, read, parts = () => [read()] }] of sorted) {
    let length = 0;
    for (const values of parts()) {
      length += values.length;
      const isFitting = length <= sizeOf(shape) && dtype === (values instanceof Int32Array ? 'I32' : 'F32');
      if (!isFitting) throw unfitting(name, { shape, dtype }, length);
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
    if (length !== sizeOf(shape)) throw unfitting(name, { shape, dtype }, length);
  }
}

function unfitting(name: string, { shape, dtype }: TensorShape, length: number): RangeError {
  const what = `${length} values for ${dtype} [${shape.join(', ')}]`;
  return new RangeError(`Tensor "${name}" cannot be written: ${what}.`);
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
      const readRange = (first: number, last: number): NamedArray['values'] => {
        const bytes = new Uint8Array((last - first) * BYTES_PER_VALUE[dtype]);
        const descriptor = openSync(file, 'r');
        try {
          readExactly(descriptor, bytes, dataStart + begin + first * BYTES_PER_VALUE[dtype], file);
        } finally {
          closeSync(descriptor);
        }
        return decodeValues(bytes.buffer, dtype);
      };
      const read = (): NamedArray['values'] => readRange(0, sizeOf(shape));
      const place = { file, dtype, begin: dataStart + begin, end: dataStart + end };
      const readInto = (values: Float32Array): void => readFloats(values, place);
      const parts = (): Iterable<NamedArray['values']> => partsOf(place);
      return [name, { dtype, shape, read, parts, readRange, ...(dtype === 'I32' ? {} : { readInto }) }] as const;
    }),
  );
}

/** Small enough to stay in the processor's cache between reading and widening. */
const READ_AT_ONCE = 2 ** 18;

interface FilePlace {
  readonly file: string;
  readonly dtype: Dtype;
  readonly begin: number;
  readonly end: number;
}

function* partsOf({ file, dtype, begin, end }: FilePlace): Generator<NamedArray['values']> {
  const part = new Uint8Array(Math.min(READ_AT_ONCE, end - begin));
  const widened = new Float32Array(dtype === 'F16' || dtype === 'BF16' ? part.length / 2 : 0);
  const descriptor = openSync(file, 'r');
  try {
    for (let at = begin; at < end; at += part.length) {
      const bytes = part.subarray(0, Math.min(part.length, end - at));
      readExactly(descriptor, bytes, at, file);
      if (dtype === 'F16' || dtype === 'BF16') {
        widenInto(widened, new Uint16Array(part.buffer, 0, bytes.length / 2), dtype);
        yield widened.subarray(0, bytes.length / 2);
      } else yield new (dtype === 'I32' ? Int32Array : Float32Array)(part.buffer, 0, bytes.length / 4);
    }
  } finally {
    closeSync(descriptor);
  }
}

function readFloats(values: Float32Array, { file, dtype, begin, end }: FilePlace): void {
  const descriptor = openSync(file, 'r');
  try {
    if (dtype === 'F32') {
      readExactly(descriptor, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), begin, file);
      return;
    }
    const part = new Uint8Array(Math.min(READ_AT_ONCE, end - begin));
    for (let at = begin; at < end; at += part.length) {
      const bytes = part.subarray(0, Math.min(part.length, end - at));
      readExactly(descriptor, bytes, at, file);
      const patterns = new Uint16Array(part.buffer, 0, bytes.length / 2);
      widenInto(values, patterns, dtype as 'F16' | 'BF16', (at - begin) / 2);
    }
  } finally {
    closeSync(descriptor);
  }
}
