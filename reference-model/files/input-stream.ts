/**
 * Text from outside piece by piece, as UTF-8 whatever it was written in: regular files, standard input (`-`) and pipes of this process, each
 * also gzipped. Every piece holds whole characters and is checked before it is handed on; size limits hold for what is unpacked.
 */
import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError, unreadable } from './input-error.js';
import { LARGEST_WHOLE_FILE, ownPipe, requireRegularFile, requireSize } from './regular-file.js';
import { after, type Before, byteOrderMark, countLines, toUtf8, utf8Problem } from './text-encoding.js';
import { unfinishedBytes } from './utf8.js';

/** A single record longer than this is no record. */
export const LARGEST_LINE = 16_000_000;

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-';

export interface InputOptions {
  /** Label of the Encoding Standard for input that is not UTF-8; such input is read whole. */
  readonly encoding?: string;
  /** Most bytes, unpacked. */
  readonly limit?: number;
}

export interface TextInput {
  /** UTF-8 without a byte order mark, in pieces of whole characters. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Name of the encoding that the input is in. */
  readonly encoding: string;
  readonly compressed: boolean;
  /** Bytes of the file, where it is a regular one. */
  readonly size?: number;
}

/**
 * Opens an input and looks at its first bytes.
 * @throws InputError for what is no regular file, is too large, or begins like no text; `chunks` throw it for what comes later
 */
export async function openTextInput(file: string, options: InputOptions = {}): Promise<TextInput> {
  const { chunks, size } = await rawChunks(file, options.limit ?? LARGEST_WHOLE_FILE);
  const input = await readTextInput(chunks, file, options);
  return size === undefined || input.compressed ? input : { ...input, size };
}

/** As `openTextInput`, for bytes that come from elsewhere. @param file its name in errors */
export async function readTextInput(
  source: AsyncIterable<Buffer>,
  file: string,
  { encoding, limit = LARGEST_WHOLE_FILE }: InputOptions = {},
): Promise<TextInput> {
  const { head: first, chunks } = await withHead(source, 4);
  const compressed = first[0] === 0x1f && first[1] === 0x8b;
  if (!compressed) refuseKnownBinary(first, file);
  const unpacked = compressed ? await withHead(gunzipped(chunks, file, limit), 4) : { head: first, chunks };
  const mark = byteOrderMark(unpacked.head, file);
  if (encoding === undefined && (mark === undefined || mark.encoding === 'utf-8')) {
    return { chunks: checkedUtf8(unpacked.chunks, file, mark?.bytes ?? 0), encoding: 'utf-8', compressed };
  }
  if (encoding === undefined && mark !== undefined) {
    return { chunks: decoded(unpacked.chunks, file, mark.encoding), encoding: mark.encoding, compressed };
  }
  const text = toUtf8(await collect(unpacked.chunks), file, encoding);
  return { chunks: once(text.bytes), encoding: text.encoding, compressed };
}

/** All pieces as one. @param expected how many bytes there will be, if that is known: then no piece is held beside the whole */
export async function collect(chunks: AsyncIterable<Buffer>, expected = 0): Promise<Buffer> {
  let bytes = Buffer.allocUnsafe(expected);
  let length = 0;
  for await (const chunk of chunks) {
    if (length + chunk.length > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length + chunk.length, 2 * bytes.length));
      bytes.copy(larger, 0, 0, length);
      bytes = larger;
    }
    chunk.copy(bytes, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

/** Lines without their line feed, numbered from 1; the last one may lack it. @throws InputError for a line of more than `limit` bytes */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  { file, limit = LARGEST_LINE }: { readonly file: string; readonly limit?: number },
): AsyncGenerator<{ readonly bytes: Buffer; readonly number: number }> {
  let pieces: Buffer[] = [];
  let pending = 0;
  let number = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const last = chunk.subarray(start, end);
      yield { bytes: pieces.length === 0 ? last : Buffer.concat([...pieces, last]), number: ++number };
      pieces = [];
      pending = 0;
      start = end + 1;
    }
    pieces.push(chunk.subarray(start));
    pending += chunk.length - start;
    if (pending > limit) {
      throw new InputError({
        code: 'data-invalid',
        what: `the line is longer than ${limit / 1e6} MB`,
        where: `${file}:${number + 1}`,
        expected: 'one record per line',
        fix: 'check that the file holds one record per line',
      });
    }
  }
  if (pending > 0) yield { bytes: Buffer.concat(pieces), number: number + 1 };
}

/** The first bytes, at least `wanted` of them unless there are fewer, and all pieces from the first one on. */
export async function withHead(
  source: AsyncIterable<Buffer>,
  wanted: number,
): Promise<{ readonly head: Buffer; readonly isWhole: boolean; readonly chunks: AsyncIterable<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces: Buffer[] = [];
  let length = 0;
  let isWhole = false;
  while (length < wanted && !isWhole) {
    const next = await iterator.next();
    if (next.done === true) isWhole = true;
    else {
      pieces.push(next.value);
      length += next.value.length;
    }
  }
  const head = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      if (isWhole) return;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  return { head, isWhole, chunks: chunks() };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function rawChunks(
  file: string,
  limit: number,
): Promise<{ readonly chunks: AsyncIterable<Buffer>; readonly size?: number }> {
  const descriptor = file === STANDARD_INPUT ? 0 : ownPipe(file);
  if (descriptor !== undefined) return { chunks: once(await pipedBytes(descriptor, file, limit)) };
  const size = requireRegularFile(file);
  requireSize(file, size, limit);
  return { chunks: fileChunks(createReadStream(file, { highWaterMark: 1 << 20 }), file), size };
}

async function* fileChunks(stream: Readable, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    stream.destroy();
  }
}

/** A pipe can be read once, and a command may look at an input twice. */
const piped = new Map<number, Promise<Buffer>>();

function pipedBytes(descriptor: number, file: string, limit: number): Promise<Buffer> {
  let bytes = piped.get(descriptor);
  if (bytes === undefined) {
    const stream = descriptor === 0 ? process.stdin : createReadStream('', { fd: descriptor, autoClose: false });
    bytes = collect(limited(fileChunks(stream, file), file, limit));
    piped.set(descriptor, bytes);
  }
  return bytes;
}

/** A small file may unpack to more than any memory holds. */
async function* limited(
  chunks: AsyncIterable<Buffer>,
  file: string,
  limit: number,
  what = 'the input holds',
): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) {
      throw new InputError({
        code: 'data-invalid',
        what: `${what} more than ${Math.floor(limit / 1e6)} MB`,
        where: file,
        expected: `at most ${Math.floor(limit / 1e6)} MB`,
        fix: 'split the input, or give Node more memory with NODE_OPTIONS=--max-old-space-size=MB',
      });
    }
    yield chunk;
  }
}

async function* gunzipped(packed: AsyncIterable<Buffer>, file: string, limit: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  let failure: unknown;
  pipeline(packed, gunzip, (error) => {
    failure = error;
  });
  try {
    yield* limited(gunzip as AsyncIterable<Buffer>, file, limit, 'the file unpacks to');
  } catch (error) {
    const cause = failure ?? error;
    if (error instanceof InputError || cause instanceof InputError) throw error instanceof InputError ? error : cause;
    throw new InputError(
      {
        code: 'data-invalid',
        what: `the gzip file is damaged: ${(error as Error).message}`,
        where: file,
        expected: 'a whole gzip file',
        fix: 'copy or compress it again',
      },
      { cause: error },
    );
  } finally {
    gunzip.destroy();
  }
}

async function* checkedUtf8(chunks: AsyncIterable<Buffer>, file: string, mark: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let before: Before = { bytes: mark, lines: 0, column: 0 };
  let isFirst = true;
  const check = (piece: Buffer): void => {
    const problem = utf8Problem(piece, file, before);
    if (problem !== undefined) throw problem;
    before = after(before, piece);
  };
  for await (const chunk of chunks) {
    const text = isFirst ? chunk.subarray(mark) : chunk;
    isFirst = false;
    const joined = rest.length === 0 ? text : Buffer.concat([rest, text]);
    const whole = joined.subarray(0, joined.length - unfinishedBytes(joined));
    rest = joined.subarray(whole.length);
    check(whole);
    if (whole.length > 0) yield whole;
  }
  check(rest);
}

async function* decoded(chunks: AsyncIterable<Buffer>, file: string, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let lines = 0;
  const decode = (chunk?: Buffer): Buffer => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }));
    } catch (error) {
      throw new InputError(
        {
          code: 'data-invalid',
          what: `the file is not ${encoding}, as its byte order mark says`,
          where: `${file}:${lines + 1}`,
          expected: `text in ${encoding}`,
          fix: 'save it as UTF-8',
        },
        { cause: error },
      );
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk);
    if (text.length > 0) yield text;
    lines += countLines(text);
  }
  const last = decode();
  if (last.length > 0) yield last;
}

const knownBinaries: readonly (readonly [magic: string, what: string])[] = [
  ['PK\x03\x04', 'a ZIP archive or an Excel workbook'],
  ['PAR1', 'a Parquet file'],
  ['\x93NUM', 'a NumPy array'],
  ['BZh', 'a bzip2 file'],
  ['\xfd7zX', 'an xz file'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard file'],
  ['\x80\x04\x95', 'a Python pickle'],
];

function refuseKnownBinary(head: Buffer, file: string): void {
  const start = head.toString('latin1', 0, 4);
  const known = knownBinaries.find(([magic]) => start.startsWith(magic));
  if (known === undefined) return;
  throw new InputError({
    code: 'data-invalid',
    what: `the file is ${known[1]}`,
    where: file,
    expected: 'text, or text compressed with gzip',
    fix: 'unpack it, or export it as JSON, JSON Lines or CSV',
  });
}
