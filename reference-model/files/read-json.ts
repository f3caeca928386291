/**
 * JSON from outside: strictly scanned, then parsed. A key that occurs twice, nesting without end, NaN and what is not JSON are errors with
 * their place. Integers that a double would round can be kept as `bigint`, for identifiers.
 */
import { randomBytes } from 'node:crypto';
import { InputError } from './input-error.js';
import { DEEPEST_JSON, type JsonFault, type JsonScan, scanJson } from './json-scan.js';
import { lineAndColumn, requireString } from './read-text.js';
import { readBytes } from './regular-file.js';
import { toUtf8 } from './text-encoding.js';

export interface JsonOptions {
  /** Label of the encoding of files that are not UTF-8. */
  readonly encoding?: string;
  /** Integers beyond ±(2⁵³ − 1) become `bigint` with all their digits; otherwise they are rounded, as `JSON.parse` does. */
  readonly largeIntegers?: 'exact' | 'rounded';
}

/** A whole JSON file. @throws InputError for what cannot be read or is not JSON */
export function readJson(file: string, { encoding, ...options }: JsonOptions = {}): unknown {
  return parseJsonBytes(toUtf8(readBytes(file), file, encoding).bytes, file, options);
}

/** @throws InputError naming `file`, line and column */
export function parseJson(text: string, file: string, options: JsonOptions = {}): unknown {
  return parseJsonBytes(Buffer.from(text), file, options);
}

/** @param bytes UTF-8 without a byte order mark */
export function parseJsonBytes(bytes: Buffer, file: string, { largeIntegers = 'rounded' }: JsonOptions = {}): unknown {
  return parseJsonPart(bytes, { file, largeIntegers });
}

/** Part of a text: where it lies in `bytes`, and the number of the line that it is, in JSON Lines. */
export interface JsonPart extends Pick<JsonOptions, 'largeIntegers'> {
  readonly file: string;
  readonly from?: number;
  readonly to?: number;
  readonly line?: number;
}

/** @throws InputError naming the file, and line and column in it */
export function parseJsonPart(bytes: Buffer, part: JsonPart): unknown {
  const { from = 0, to = bytes.length } = part;
  // What the quick scan passes over the parser refuses; only the strict scan knows where the first fault is.
  const scan = scanJson(bytes, from, to, true);
  if (scan.fault === undefined) {
    try {
      return scannedValue(bytes, scan, { ...part, from, to });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  const { fault = scan.fault ?? { kind: 'syntax', offset: from } } = scanJson(bytes, from, to);
  throw jsonError(bytes, fault, { ...part, from, to });
}

/** The value of bytes that the scanner found no fault in. */
function scannedValue(
  bytes: Buffer,
  { largeIntegers }: JsonScan,
  { file, from, to, largeIntegers: wanted }: JsonPart & { readonly from: number; readonly to: number },
): unknown {
  if (wanted !== 'exact' || largeIntegers.length === 0) {
    return JSON.parse(
      from === 0 && to === bytes.length ? requireString(bytes, file) : bytes.toString('utf8', from, to),
    );
  }
  // The integers pass through as strings behind a mark that no text of the file can hold.
  const mark = randomBytes(12).toString('hex');
  const pieces: string[] = [];
  let at = from;
  for (let index = 0; index < largeIntegers.length; index += 2) {
    const [start, end] = [largeIntegers[index]!, largeIntegers[index + 1]!];
    pieces.push(bytes.toString('utf8', at, start), `"${mark}${bytes.toString('latin1', start, end)}"`);
    at = end;
  }
  pieces.push(bytes.toString('utf8', at, to));
  return JSON.parse(pieces.join(''), (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

function jsonError(
  bytes: Buffer,
  fault: JsonFault,
  { file, line, from, to }: JsonPart & { readonly from: number; readonly to: number },
): InputError {
  const text = bytes.subarray(from, to);
  const offset = fault.offset - from;
  const place = line === undefined ? `${file}${lineAndColumn(text, offset)}` : `${file}:${line}`;
  const column = lineAndColumn(text, offset).split(':').at(-1)!;
  const subject = line === undefined ? 'the file' : 'the line';
  const at = line === undefined ? '' : ` at column ${column}`;
  const expected = line === undefined ? 'one JSON document' : 'one JSON object per line';
  const again =
    line === undefined
      ? 'correct the syntax there, or export the file again'
      : 'correct the line, or export the file again';
  const problem = (what: string, fix: string, where = place) =>
    new InputError({ code: 'data-invalid', what, where, expected, fix });
  switch (fault.kind) {
    case 'end':
      return problem(`${subject} is not JSON: it ends too early${at}`, again);
    case 'syntax':
      return problem(
        `${subject} is not JSON: ${JSON.stringify(characterAt(text, offset))} cannot stand${at || ' here'}`,
        again,
      );
    case 'trailing-comma':
      return problem(`${subject} is not JSON: nothing follows the comma before it${at}`, 'remove the comma');
    case 'not-a-number': {
      const word = /^-?\w+/.exec(text.toString('latin1', offset, offset + 10))![0];
      const record = text.toString('utf8', fault.record - from, Math.min(text.length, offset + word.length));
      return problem(
        `${subject} is not JSON: a value is missing, ${word} stands for it in ${shortened(record)}${at}`,
        'give the record its value, or leave it out of both files; pandas and Python write NaN for what is missing',
      );
    }
    case 'duplicate-key':
    case 'reserved-key':
      return new InputError({
        code: 'data-invalid',
        what:
          fault.kind === 'duplicate-key'
            ? `the key ${JSON.stringify(fault.key)} occurs twice in one object`
            : `the key ${JSON.stringify(fault.key)} is reserved`,
        where: line === undefined ? place : `${place}:${column}`,
        expected: fault.kind === 'duplicate-key' ? 'each key once' : 'another name',
        fix: fault.kind === 'duplicate-key' ? 'remove or rename one of the two' : 'rename or remove it',
      });
    case 'too-deep':
      return problem(
        `${subject} is nested too deeply${at}: at most ${DEEPEST_JSON} lists and objects in each other`,
        'flatten it',
      );
    default:
      return fault satisfies never;
  }
}

function characterAt(bytes: Buffer, offset: number): string {
  return [...bytes.toString('utf8', offset, offset + 4)][0] ?? '';
}

/** The end is where the value is missing. */
function shortened(record: string): string {
  const text = record.replace(/\s+/g, ' ');
  return text.length <= 120 ? text : `${text.slice(0, 60)} … ${text.slice(-55)}`;
}
