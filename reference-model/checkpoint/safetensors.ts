/**
 * The safetensors file format (https://github.com/huggingface/safetensors#format): an 8-byte little-endian header length, a JSON
 * header, then the tensors' bytes. Equal tensors give equal bytes; a file is checked completely before any of it is used.
 */
import { dequantise, type FloatDtype, isFloatDtype } from './half-precision.js';

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

export type SafetensorsProblem = 'truncated' | 'header' | 'dtype' | 'shape' | 'offsets' | 'missing-tensor';

/** A file that is not valid safetensors, or does not hold what is asked for. */
export class SafetensorsError extends Error {
  readonly code = 'safetensors';
  readonly problem: SafetensorsProblem;
  readonly file: string;
  readonly tensor: string | undefined;

  constructor(
    problem: SafetensorsProblem,
    { file, tensor }: { readonly file: string; readonly tensor?: string },
    text: string,
    remedy = 'Download or write the file again.',
  ) {
    super(`${file}${tensor === undefined ? '' : `, tensor "${tensor}"`}: ${text} ${remedy}`);
    this.name = 'SafetensorsError';
    this.problem = problem;
    this.file = file;
    this.tensor = tensor;
  }
}

const LENGTH_BYTES = 8;
/** As in the reference implementation: a longer header is taken for a corrupt length. */
const LONGEST_HEADER = 100_000_000;
const METADATA_KEY = '__metadata__';

type Dtype = FloatDtype | 'I32';

const BYTES_PER_VALUE: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2, I32: 4 };

const isDtype = (dtype: unknown): dtype is Dtype => dtype === 'I32' || isFloatDtype(dtype);

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range within the data section. */
  readonly begin: number;
  readonly end: number;
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

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
  const names = [...tensors.keys()].sort(byName);
  const header: [string, unknown][] = [];
  const keys = Object.keys(metadata).sort(byName);
  if (keys.length > 0) header.push([METADATA_KEY, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]);
  let offset = 0;
  for (const name of names) {
    const { shape, values } = tensors.get(name)!;
    if (sizeOf(shape) !== values.length || name === METADATA_KEY) {
      throw new RangeError(
        `Tensor "${name}" cannot be written: ${values.length} values for shape [${shape.join(', ')}].`,
      );
    }
    const dtype: Dtype = values instanceof Int32Array ? 'I32' : 'F32';
    header.push([name, { dtype, shape, data_offsets: [offset, offset + values.byteLength] }]);
    offset += values.byteLength;
  }
  // Joined by hand: an object would move names that look like integers to the front.
  const json = `{${header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES + text.length, LENGTH_BYTES + headerBytes);
  bytes.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const name of names) {
    const { values } = tensors.get(name)!;
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** Header text and where the data section begins. */
function readHeader(bytes: Uint8Array, file: string): { readonly header: object; readonly dataStart: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw new SafetensorsError(
      'truncated',
      { file },
      `The file has ${bytes.length} bytes, less than a header length takes.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw new SafetensorsError(
      'header',
      { file },
      `The header claims ${length} bytes; this is not a safetensors file.`,
    );
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > bytes.length) {
    throw new SafetensorsError(
      'truncated',
      { file },
      `The header claims ${length} bytes, but the file ends after ${bytes.length - LENGTH_BYTES} of them.`,
    );
  }
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    header = JSON.parse(text.decode(bytes.subarray(LENGTH_BYTES, dataStart)));
  } catch {
    throw new SafetensorsError('header', { file }, 'The header is not valid JSON.');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new SafetensorsError('header', { file }, 'The header is not a JSON object.');
  }
  return { header, dataStart };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEntry(file: string, name: string, value: unknown, dataBytes: number): Entry {
  const where = { file, tensor: name };
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (!isDtype(dtype)) {
    throw new SafetensorsError(
      'dtype',
      where,
      `The type ${JSON.stringify(dtype)} is not supported.`,
      'Convert the tensor to F32, F16, BF16 or I32.',
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(sizeOf(shape))) {
    throw new SafetensorsError('shape', where, `The shape ${JSON.stringify(shape)} is not a list of sizes.`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw new SafetensorsError('offsets', where, `The data_offsets ${JSON.stringify(offsets)} are not a byte range.`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = sizeOf(shape) * BYTES_PER_VALUE[dtype];
  if (end - begin !== expected) {
    throw new SafetensorsError(
      'offsets',
      where,
      `The byte range ${begin}–${end} holds ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] takes ${expected}.`,
    );
  }
  if (end > dataBytes) {
    throw new SafetensorsError(
      'truncated',
      where,
      `The data ends at byte ${end} of the data section, but the file holds only ${dataBytes}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The format asks that the tensors cover the data section without gap or overlap. */
function checkCoverage(file: string, entries: readonly Entry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const problem =
        begin < covered ? 'overlaps the tensor before it' : `leaves ${begin - covered} bytes unused before it`;
      throw new SafetensorsError('offsets', { file, tensor: name }, `Its byte range ${begin}–${end} ${problem}.`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError('offsets', { file }, `The last ${dataBytes - covered} bytes belong to no tensor.`);
  }
}

function readMetadata(file: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const isTextMap =
    typeof value === 'object' && value !== null && Object.values(value).every((entry) => typeof entry === 'string');
  if (!isTextMap || Array.isArray(value)) {
    throw new SafetensorsError('header', { file }, 'The metadata is not a map of strings.');
  }
  return value as Readonly<Record<string, string>>;
}

function decode(bytes: Uint8Array, dtype: Dtype): Float32Array | Int32Array {
  // A copy of its own: the data section need not be aligned.
  const { buffer } = new Uint8Array(bytes); // not `slice`, which on a Buffer copies nothing
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
  const { header, dataStart } = readHeader(bytes, file);
  const dataBytes = bytes.length - dataStart;
  const fields = new Map<string, unknown>(Object.entries(header));
  const metadata = readMetadata(file, fields.get(METADATA_KEY));
  fields.delete(METADATA_KEY);
  const entries = [...fields].map(([name, value]) => readEntry(file, name, value, dataBytes));
  checkCoverage(file, entries, dataBytes);
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
    const data = bytes.subarray(dataStart + entry.begin, dataStart + entry.end);
    tensors.set(name, { shape: entry.shape, values: decode(data, entry.dtype) });
  }
  return { tensors, metadata };
}
