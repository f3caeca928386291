/**
 * Reads a table of records from JSON, JSON Lines, CSV or one of its relatives, each record with the place it came from for error messages.
 * The content decides what a file is. All but a JSON document is streamed; what would not fit into memory is refused.
 */
import { getHeapStatistics } from 'node:v8';
import { InputError } from '../../files/input-error.js';
import { collect, linesOf, openTextInput, type TextInput, withHead } from '../../files/input-stream.js';
import { parseJsonBatches } from '../../files/json-batches.js';
import { isBlank } from '../../files/json-scan.js';
import { parseJsonBytes, parseJsonPart } from '../../files/read-json.js';
import type { DataRecord } from '../layouts/content.js';
import { csvRecords } from './csv-records.js';
import { LinePlace, ListPlace } from './places.js';
import { delimiters, formatNames, formatOfName, recogniseFormat, type TableFormat } from './table-format.js';

/** Parsed records take several times the room of their text. */
const HEAP_PER_BYTE = 6;
/** A JSON document of more bytes is not held as one text beside its values. */
const LARGE_DOCUMENT = 32_000_000;
/** How much of a file is looked at to recognise it. */
const HEAD_BYTES = 65_536;

export interface Reading {
  /** Label of the encoding of files that are not UTF-8, such as `windows-1252`. */
  readonly encoding?: string | undefined;
  /** Taken instead of what is recognised. */
  readonly format?: TableFormat | undefined;
  /** Told what was recognised where the name of the file promises something else. */
  readonly note?: (text: string) => void;
}

/** A JSON file is one document; everything else is a sequence of records, read while it is iterated, once. */
export type Table =
  | { readonly format: 'json'; readonly document: unknown }
  | { readonly format: Exclude<TableFormat, 'json'>; readonly rows: AsyncIterable<DataRecord> };

/**
 * @param file a path, or `-` for standard input
 * @throws InputError for what cannot be read; `rows` throw it while they are iterated
 */
export async function readTable(file: string, reading: Reading = {}): Promise<Table> {
  const { format, chunks, size } = await openTable(file, reading);
  if (format === 'json')
    return { format, document: await jsonDocument(chunks, { file, size, encoding: reading.encoding }) };
  switch (format) {
    case 'jsonl':
      return { format, rows: nonEmpty(jsonLines(chunks, file), file) };
    case 'token':
      return { format, rows: nonEmpty(tokenLines(chunks, file), file) };
    case 'csv':
    case 'tsv':
    case 'bar':
    case 'semicolon':
      return { format, rows: nonEmpty(csvRecords(chunks, file, delimiters[format]), file) };
    default:
      return format satisfies never;
  }
}

/** What `readTable` would take the file for. */
export async function tableFormat(file: string, reading: Reading = {}): Promise<TableFormat> {
  const { format, chunks } = await openTable(file, reading);
  // The file is closed when the iteration is left.
  for await (const _ of chunks) break;
  return format;
}

/** A whole JSON file, whatever its name. Integers that a double would round are `bigint`. */
export async function readJsonFile(file: string, { encoding }: Pick<Reading, 'encoding'> = {}): Promise<unknown> {
  const { chunks, size } = await openInput(file, encoding);
  return jsonDocument(chunks, { file, size, encoding });
}

/** The rows of a list that stands in a JSON document. @param path where in the document, for example `annotations` */
export function* listRows(list: readonly unknown[], file: string, path = ''): Generator<DataRecord> {
  for (let index = 0; index < list.length; index++)
    yield { value: list[index], where: new ListPlace(file, path, index) };
}

async function openTable(
  file: string,
  { encoding, format: forced, note = () => {} }: Reading,
): Promise<{
  readonly format: TableFormat;
  readonly chunks: AsyncIterable<Buffer>;
  readonly size: number | undefined;
}> {
  const input = await openInput(file, encoding);
  const { head, isWhole, chunks } = await withHead(input.chunks, HEAD_BYTES);
  const named = formatOfName(file);
  const format = forced ?? recogniseFormat(head.subarray(0, HEAD_BYTES), isWhole && head.length <= HEAD_BYTES, named);
  if (format === undefined) {
    throw new InputError({
      code: 'data-invalid',
      what: `${file} has no known file type`,
      where: file,
      expected:
        'JSON, JSON Lines, CSV (also with tabs, vertical bars or semicolons), or lines of image#number<TAB>caption',
      fix: 'write the file as one of these; if it is one, say which with --format or --references-format',
    });
  }
  const isAsNamed = format === (named ?? 'json') || forced !== undefined;
  if (!isAsNamed || input.encoding !== 'utf-8' || input.compressed) {
    const encoded = input.encoding === 'utf-8' ? '' : ` in ${input.encoding}`;
    note(`${file} is read as ${formatNames[format]}${encoded}${input.compressed ? ', unpacked with gzip' : ''}`);
  }
  return { format, chunks, size: input.size };
}

/** @param size of the file, where it is a regular one and can be opened again */
async function jsonDocument(
  chunks: AsyncIterable<Buffer>,
  {
    file,
    size,
    encoding,
  }: { readonly file: string; readonly size: number | undefined; readonly encoding: string | undefined },
): Promise<unknown> {
  const largeIntegers = 'exact';
  const isLarge = size !== undefined && size > LARGE_DOCUMENT;
  if (isLarge) {
    const read = await parseJsonBatches(chunks, { largeIntegers });
    if (read !== undefined) return read.document;
  }
  const bytes = await collect(isLarge ? (await openInput(file, encoding)).chunks : chunks, size);
  if (bytes.every(isBlank)) throw emptyFile(file);
  return parseJsonBytes(bytes, file, { largeIntegers });
}

function openInput(file: string, encoding: string | undefined): Promise<TextInput> {
  const limit = Math.floor(getHeapStatistics().heap_size_limit / HEAP_PER_BYTE);
  return openTextInput(file, { limit, ...(encoding === undefined ? {} : { encoding }) });
}

async function* jsonLines(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<DataRecord> {
  for await (const { bytes, number } of linesOf(chunks, { file })) {
    if (bytes.every(isBlank)) continue;
    const value = parseJsonPart(bytes, { file, line: number, largeIntegers: 'exact' });
    yield { value, where: new LinePlace(file, number) };
  }
}

/** The Flickr layout, as records with the fields image, number and caption. */
async function* tokenLines(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<DataRecord> {
  for await (const { bytes, number: line } of linesOf(chunks, { file })) {
    const text = bytes.toString().replace(/\r$/, '');
    if (text.trim() === '') continue;
    const [, image, number, caption] = /^([^\t]+)#(\d+)\t(.*)$/s.exec(text) ?? [];
    if (image === undefined) {
      throw new InputError({
        code: 'data-invalid',
        what: 'the line is not image#number, a tab and a caption',
        where: `${file}:${line}`,
        expected: 'a line such as 1000.jpg#0<TAB>A dog runs .',
        fix: 'correct the line, or download the file again',
      });
    }
    yield { value: { image, number, caption }, where: new LinePlace(file, line) };
  }
}

async function* nonEmpty(rows: AsyncIterable<DataRecord>, file: string): AsyncGenerator<DataRecord> {
  let isEmpty = true;
  for await (const row of rows) {
    isEmpty = false;
    yield row;
  }
  if (isEmpty) throw emptyFile(file);
}

function emptyFile(file: string): InputError {
  return new InputError({
    code: 'data-invalid',
    what: 'the file holds no record',
    where: file,
    expected: 'at least one record',
    fix: 'check that the file was written completely',
  });
}
