/**
 * The header of the safetensors format (https://github.com/huggingface/safetensors#format): its length in 8 bytes, little-endian, then
 * JSON that says where in the data section each tensor lies. The one reader and the one writer of it; a header is checked completely
 * against the size of its file before any of it is used. Reading needs the header's bytes alone, and nothing that computes.
 */

import { closeSync, fstatSync, openSync } from 'node:fs';
import { readExactly } from '../files/file-bytes.js';
import { scanJson } from '../files/json-scan.js';
import { type FloatDtype, isFloatDtype } from './half-precision.js';

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

export type Dtype = FloatDtype | 'I32';

export const BYTES_PER_VALUE: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2, I32: 4 };

const isDtype = (dtype: unknown): dtype is Dtype => dtype === 'I32' || isFloatDtype(dtype);

/** Types of the format whose values are not read here, and the bytes of a value. */
const OTHER_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  U32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};

/** Where a tensor lies. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range within the data section. */
  readonly begin: number;
  readonly end: number;
}

/** A tensor whose values cannot be read: checkpoints of others hold counters and masks beside their weights. */
export interface OtherEntry extends Omit<TensorEntry, 'dtype'> {
  /** As the format names it. */
  readonly dtype: string;
}

/** What to do with types that are not read; they are refused by default. */
export interface HeaderOptions {
  readonly otherTypes?: 'refused' | 'told';
}

export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** What a file holds, without the values. */
export interface SafetensorsHeader {
  /** In the order of the header. */
  readonly entries: readonly TensorEntry[];
  /** Tensors of types that are not read, where the reader asked to be told of them. */
  readonly others: readonly OtherEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where in the file the data section begins. */
  readonly dataStart: number;
}

/** Bytes that lie in memory or on disk. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `begin` up to `end`. */
  readonly read: (begin: number, end: number) => Uint8Array;
}

/** A tensor as the header describes it. */
export interface TensorShape {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/**
 * Length and header of a file whose data are packed in the order of the tensors: metadata keys sorted, padded with spaces to a multiple
 * of 8 bytes.
 *
 * @throws RangeError for a name that the format reserves
 */
export function encodeHeader(
  tensors: readonly (readonly [string, TensorShape])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: [string, unknown][] = [];
  const keys = Object.keys(metadata).sort(byName);
  if (keys.length > 0) header.push([METADATA_KEY, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]);
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    if (name === METADATA_KEY) throw new RangeError(`No tensor can be named "${name}".`);
    const end = offset + sizeOf(shape) * BYTES_PER_VALUE[dtype];
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Joined by hand: an object would move names that look like integers to the front.
  const json = `{${header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

/**
 * @param file name used in messages
 * @throws SafetensorsError
 */
export function parseHeader(
  source: ByteSource,
  file: string,
  { otherTypes = 'refused' }: HeaderOptions = {},
): SafetensorsHeader {
  const { header, dataStart } = readHeader(source, file);
  const dataBytes = source.size - dataStart;
  const fields = new Map<string, unknown>(Object.entries(header));
  const metadata = readMetadata(file, fields.get(METADATA_KEY));
  fields.delete(METADATA_KEY);
  const all = [...fields].map(([name, value]) => readEntry(file, name, value, dataBytes));
  checkCoverage(file, all, dataBytes);
  const entries = all.filter(isReadable);
  const others = all.filter((entry) => !isReadable(entry));
  if (otherTypes === 'refused' && others.length > 0) throw unsupported(file, others[0]!.name, others[0]!.dtype);
  return { entries, others, metadata, dataStart };
}

/**
 * The header of a file on disk; no more of it is read.
 * @throws SafetensorsError, or the system's error when it cannot be opened
 */
export function readSafetensorsHeader(file: string, options: HeaderOptions = {}): SafetensorsHeader {
  const descriptor = openSync(file, 'r');
  try {
    const read: ByteSource['read'] = (begin, end) => {
      const bytes = new Uint8Array(end - begin);
      readExactly(descriptor, bytes, begin, file);
      return bytes;
    };
    return parseHeader({ size: fstatSync(descriptor).size, read }, file, options);
  } finally {
    closeSync(descriptor);
  }
}

/** Header text and where the data section begins. */
function readHeader({ size, read }: ByteSource, file: string): { readonly header: object; readonly dataStart: number } {
  if (size < LENGTH_BYTES) {
    throw new SafetensorsError('truncated', { file }, `The file has ${size} bytes, less than a header length takes.`);
  }
  const start = read(0, LENGTH_BYTES);
  const length = new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw new SafetensorsError(
      'header',
      { file },
      `The header claims ${length} bytes; this is not a safetensors file.`,
    );
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > size) {
    throw new SafetensorsError(
      'truncated',
      { file },
      `The header claims ${length} bytes, but the file ends after ${size - LENGTH_BYTES} of them.`,
    );
  }
  const text = read(LENGTH_BYTES, dataStart);
  const header = parseText(Buffer.from(text.buffer, text.byteOffset, text.byteLength), file);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new SafetensorsError('header', { file }, 'The header is not a JSON object.');
  }
  return { header, dataStart };
}

/** The strict scan comes first: the parser takes a name that occurs twice for one, and builds what is nested without end. */
function parseText(text: Buffer, file: string): unknown {
  const { fault } = scanJson(text);
  if (fault?.kind === 'duplicate-key') {
    throw new SafetensorsError('header', { file }, `The header names ${JSON.stringify(fault.key)} twice.`);
  }
  // Of a tensor any name will do.
  const isSound = fault === undefined || fault.kind === 'reserved-key';
  try {
    if (isSound) return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
  } catch {
    // Told below.
  }
  throw new SafetensorsError('header', { file }, 'The header is not valid JSON.');
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isReadable = (entry: OtherEntry): entry is TensorEntry => isDtype(entry.dtype);

function unsupported(file: string, tensor: string, dtype: unknown): SafetensorsError {
  const text = `The type ${JSON.stringify(dtype)} is not supported.`;
  return new SafetensorsError('dtype', { file, tensor }, text, 'Convert the tensor to F32, F16, BF16 or I32.');
}

function bytesPerValue(dtype: unknown): number | undefined {
  if (isDtype(dtype)) return BYTES_PER_VALUE[dtype];
  return typeof dtype === 'string' && Object.hasOwn(OTHER_BYTES, dtype) ? OTHER_BYTES[dtype] : undefined;
}

function readEntry(file: string, name: string, value: unknown, dataBytes: number): OtherEntry {
  const where = { file, tensor: name };
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const width = bytesPerValue(dtype);
  if (width === undefined) throw unsupported(file, name, dtype);
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(sizeOf(shape))) {
    throw new SafetensorsError('shape', where, `The shape ${JSON.stringify(shape)} is not a list of sizes.`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw new SafetensorsError('offsets', where, `The data_offsets ${JSON.stringify(offsets)} are not a byte range.`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = sizeOf(shape) * width;
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
  return { name, dtype: dtype as string, shape, begin, end };
}

/** The format asks that the tensors cover the data section without gap or overlap. */
function checkCoverage(file: string, entries: readonly OtherEntry[], dataBytes: number): void {
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
