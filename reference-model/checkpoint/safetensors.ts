/**
 * Files of the safetensors format in memory, for tensors that fit one buffer; `tensor-file.ts` streams larger ones. Equal tensors give
 * equal bytes; a file is checked completely before any of it is used.
 */
import { dequantise } from './half-precision.js';
import { byName, type Dtype, encodeHeader, parseHeader, SafetensorsError, sizeOf } from './safetensors-header.js';

/** A tensor to be written: Float32Array as F32, Int32Array as I32. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

export interface SafetensorsFile {
  /** In order of name. F32, F16 and BF16 are read as Float32Array, I32 as Int32Array. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Serialises tensors: names and metadata keys sorted, data packed in the same order, the header padded with spaces to a multiple
 * of 8 bytes. Equal input gives equal bytes, whatever the order of the map.
 *
 * @throws RangeError when the number of values does not match a shape
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(([a], [b]) => byName(a, b));
  for (const [name, { shape, values }] of sorted) {
    if (sizeOf(shape) === values.length) continue;
    throw new RangeError(
      `Tensor "${name}" cannot be written: ${values.length} values for shape [${shape.join(', ')}].`,
    );
  }
  const header = encodeHeader(
    sorted.map(([name, { shape, values }]) => [name, { shape, dtype: values instanceof Int32Array ? 'I32' : 'F32' }]),
    metadata,
  );
  const bytes = new Uint8Array(sorted.reduce((sum, [, { values }]) => sum + values.byteLength, header.length));
  bytes.set(header);
  let at = header.length;
  for (const [, { values }] of sorted) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** Values of a tensor from a buffer that holds its bytes and nothing else; 32-bit values share it. */
export function decodeValues(buffer: ArrayBuffer, dtype: Dtype): Float32Array | Int32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'F16':
    case 'BF16':
      return dequantise(new Uint16Array(buffer), dtype);
    default:
      return dtype satisfies never;
  }
}

/**
 * Parses a file.
 *
 * @param file name used in messages
 * @param names tensors to decode; all when absent
 * @throws SafetensorsError
 */
export function readSafetensors(bytes: Uint8Array, file: string, names?: readonly string[]): SafetensorsFile {
  const source = { size: bytes.length, read: (begin: number, end: number) => bytes.subarray(begin, end) };
  const { entries, metadata, dataStart } = parseHeader(source, file);
  const byEntryName = new Map(entries.map((entry) => [entry.name, entry]));
  const tensors = new Map<string, NamedArray>();
  for (const name of [...(names ?? byEntryName.keys())].sort(byName)) {
    const entry = byEntryName.get(name);
    if (!entry) {
      throw new SafetensorsError(
        'missing-tensor',
        { file, tensor: name },
        'The file has no such tensor.',
        `It has ${entries.length} others; check that it belongs to this model.`,
      );
    }
    // A copy of its own: the data section need not be aligned. Not `slice`, which on a Buffer copies nothing.
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + entry.begin, dataStart + entry.end));
    tensors.set(name, { shape: entry.shape, values: decodeValues(buffer, entry.dtype) });
  }
  return { tensors, metadata };
}
