/**
 * Reads a table of records from JSON, JSONL or CSV, each with the place it came from for error messages.
 * JSONL and CSV are streamed, a JSON file is read whole; files whose records would not fit into memory are refused.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { UserError } from '../errors.js';
import { jsonErrorPosition } from './json-error-position.js';

/** A JSON text longer than this does not fit into one string of every supported Node version. */
const LARGEST_JSON_BYTES = 500_000_000;
/** Parsed records take several times the room of their text. */
const HEAP_PER_BYTE = 6;
/** A single record longer than this is no record. */
const LARGEST_LINE = 16_000_000;

export interface Row {
  readonly value: unknown;
  /** File and record, for example `results.csv:12` or `captions.json, annotations[3]`. */
  readonly where: string;
}

export type TableFormat = 'json' | 'jsonl' | 'csv';

export function tableFormat(file: string): TableFormat {
  switch (extname(file).toLowerCase()) {
    case '.json':
      return 'json';
    case '.jsonl':
    case '.ndjson':
      return 'jsonl';
    case '.csv':
      return 'csv';
    default:
      throw new UserError({
        code: 'data-invalid',
        what: `${file} has no known file type`,
        where: file,
        expected: 'a name that ends in .json, .jsonl or .csv',
        fix: 'rename the file to say what it holds',
      });
  }
}

/** The records of a JSONL or CSV file, in order. */
export async function readRows(file: string): Promise<Row[]> {
  const { size } = await stat(file).catch((error: unknown) => unreadable(file, error));
  requireRoom(file, size, Math.floor(getHeapStatistics().heap_size_limit / HEAP_PER_BYTE));
  return tableFormat(file) === 'csv' ? readCsv(file) : readJsonLines(file);
}

/** A whole JSON file, without its byte order mark. */
export async function readJsonFile(file: string): Promise<unknown> {
  const handle = await open(file).catch((error: unknown) => unreadable(file, error));
  try {
    const { size } = await handle.stat();
    requireRoom(
      file,
      size,
      Math.min(LARGEST_JSON_BYTES, Math.floor(getHeapStatistics().heap_size_limit / HEAP_PER_BYTE)),
    );
    const text = withoutByteOrderMark(await handle.readFile('utf8').catch((error: unknown) => unreadable(file, error)));
    if (text.trim() === '') emptyFile(file);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new UserError({
        code: 'data-invalid',
        what: `the file is not JSON: ${(error as Error).message}`,
        where: `${file}${positionOf(text)}`,
        expected: 'one JSON document',
        fix: 'correct the syntax there, or export the file again',
      });
    }
  } finally {
    await handle.close();
  }
}

async function readJsonLines(file: string): Promise<Row[]> {
  const rows: Row[] = [];
  let line = 0;
  const take = (raw: string): void => {
    line++;
    const text = line === 1 ? withoutByteOrderMark(raw) : raw;
    if (text.trim() === '') return;
    const where = `${file}:${line}`;
    try {
      rows.push({ value: JSON.parse(text), where });
    } catch (error) {
      throw new UserError({
        code: 'data-invalid',
        what: `the line is not JSON: ${(error as Error).message}`,
        where,
        expected: 'one JSON object per line',
        fix: 'correct the line, or export the file again',
      });
    }
  };
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const text of lines) take(text);
      if (rest.length > LARGEST_LINE) {
        throw new UserError({
          code: 'data-invalid',
          what: `the line is longer than ${LARGEST_LINE / 1e6} MB`,
          where: `${file}:${line + 1}`,
          expected: 'one JSON object per line',
          fix: 'check that the file is JSONL: a single JSON document must be called .json',
        });
      }
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    unreadable(file, error);
  }
  take(rest);
  if (rows.length === 0) emptyFile(file);
  return rows;
}

async function readCsv(file: string): Promise<Row[]> {
  const { parse } = await import('csv-parse');
  const rows: Row[] = [];
  const parser = createReadStream(file)
    .on('error', (error) => parser.destroy(error))
    .pipe(parse({ columns: true, bom: true, info: true, skip_empty_lines: true, max_record_size: LARGEST_LINE }));
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: unknown; info: { lines: number } }>) {
      rows.push({ value: record, where: `${file}:${info.lines}` });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) unreadable(file, error);
    const { message, lines } = error as Error & { lines?: number };
    throw new UserError({
      code: 'data-invalid',
      what: `the file is not CSV: ${message}`,
      where: lines === undefined ? file : `${file}:${lines}`,
      expected: 'a header line and records with as many fields, quoted where they hold commas, quotes or line breaks',
      fix: 'correct the record there, or export the file again',
    });
  }
  if (rows.length === 0) emptyFile(file);
  return rows;
}

export function unreadable(file: string, error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  throw new UserError({
    code: 'file-unreadable',
    what: code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file}: ${message}`,
    where: file,
    fix: 'check the path and that the file may be read',
  });
}

function requireRoom(file: string, size: number, limit: number): void {
  if (size <= limit) return;
  throw new UserError({
    code: 'data-invalid',
    what: `the file holds ${Math.ceil(size / 1e6)} MB, more than fits into memory`,
    where: file,
    expected: `at most ${Math.floor(limit / 1e6)} MB`,
    fix: 'split the file, or give Node more memory with NODE_OPTIONS=--max-old-space-size=MB (JSON: at most 500 MB)',
  });
}

function emptyFile(file: string): never {
  throw new UserError({
    code: 'data-invalid',
    what: 'the file holds no record',
    where: file,
    expected: 'at least one record',
    fix: 'check that the file was written completely',
  });
}

function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** `:line:column` of the first error in a text that is not JSON. */
function positionOf(text: string): string {
  const before = text.slice(0, jsonErrorPosition(text)).split('\n');
  return `:${before.length}:${before.at(-1)!.length + 1}`;
}
