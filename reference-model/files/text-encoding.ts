/**
 * Bytes to text without a guess: UTF-8 by default, UTF-16 where a byte order mark says so, another encoding only where its name is given.
 * Bytes that do not belong to the encoding are an error with their place; nothing is replaced.
 */
import { InputError } from './input-error.js';
import { firstInvalidUtf8 } from './utf8.js';

export interface ByteOrderMark {
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  readonly bytes: number;
}

/** @throws InputError for the marks of UTF-32, which no decoder here knows */
export function byteOrderMark(bytes: Uint8Array, file: string): ByteOrderMark | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', bytes: 3 };
  const isUtf32 = (a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff);
  if (isUtf32) {
    throw new InputError({
      code: 'data-invalid',
      what: 'the file is UTF-32',
      where: file,
      expected: 'UTF-8, or UTF-16 with its byte order mark',
      fix: 'save it as UTF-8',
    });
  }
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', bytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', bytes: 2 };
  return undefined;
}

/** The name that the Encoding Standard gives to a label. @throws InputError `usage` for a label that it does not know */
export function encodingOfLabel(label: string): string {
  try {
    return new TextDecoder(label, { fatal: true }).encoding;
  } catch (error) {
    throw new InputError(
      {
        code: 'usage',
        what: `there is no encoding ${JSON.stringify(label)}`,
        where: '--encoding',
        expected: 'a label of the Encoding Standard, such as windows-1252, latin1, utf-16le, shift_jis or gb18030',
        fix: 'name one of these',
      },
      { cause: error },
    );
  }
}

export interface DecodedBytes {
  /** UTF-8 without a byte order mark. */
  readonly bytes: Buffer;
  /** Name of the encoding that the text was in. */
  readonly encoding: string;
}

/** UTF-16 without its mark holds NUL in all that is ASCII, and ISO-2022-JP holds ESC; both are valid UTF-8 and no text of it. */
const NUL = 0x00;
const ESC = 0x1b;

/**
 * The same text as UTF-8. A byte order mark decides; then what is UTF-8 is taken as such, whatever `encoding` says, so that one name can be
 * given for several files of which only some are old; what remains is read by `encoding`.
 *
 * @param encoding label of the Encoding Standard for bytes that are not UTF-8
 * @throws InputError for bytes that the encoding does not have, for bytes that are no text, and for an unknown label
 */
export function toUtf8(bytes: Buffer, file: string, encoding?: string): DecodedBytes {
  const mark = byteOrderMark(bytes, file);
  const named = encoding === undefined ? undefined : encodingOfLabel(encoding);
  if (mark === undefined || mark.encoding === 'utf-8') {
    const text = bytes.subarray(mark?.bytes ?? 0);
    const isOther = mark === undefined && named !== undefined && named !== 'utf-8';
    const problem = utf8Problem(text, file, { bytes: mark?.bytes ?? 0, lines: 0, column: 0 });
    if (problem !== undefined && !isOther) throw problem;
    if (problem === undefined && !(isOther && text.includes(ESC))) return { bytes: text, encoding: 'utf-8' };
  }
  const name = mark !== undefined && mark.encoding !== 'utf-8' ? mark.encoding : named!;
  try {
    return { bytes: Buffer.from(new TextDecoder(name, { fatal: true }).decode(bytes)), encoding: name };
  } catch (error) {
    throw new InputError(
      {
        code: 'data-invalid',
        what: `the file is not ${name}: it holds bytes that this encoding does not have`,
        where: file,
        expected: `text in ${name}`,
        fix: mark === undefined ? 'name the encoding that it is in, or save it as UTF-8' : 'save it as UTF-8',
      },
      { cause: error },
    );
  }
}

/** What stood before a piece of a file. */
export interface Before {
  readonly bytes: number;
  /** Line feeds, and UTF-16 code units after the last of them, which is what editors count. */
  readonly lines: number;
  readonly column: number;
}

/** The error of the first byte that is no UTF-8 or no text; undefined where there is none. */
export function utf8Problem(bytes: Buffer, file: string, before: Before): InputError | undefined {
  const invalid = firstInvalidUtf8(bytes);
  const control = bytes.subarray(0, invalid).indexOf(NUL);
  const offset = control >= 0 ? control : invalid;
  if (offset === undefined) return undefined;
  const place = after(before, bytes.subarray(0, offset));
  const where = `${file}:${place.lines + 1}:${place.column + 1}`;
  const expected = 'UTF-8, or UTF-16 with its byte order mark';
  if (control >= 0) {
    return new InputError({
      code: 'data-invalid',
      what: `the file is no text: byte ${place.bytes} is NUL`,
      where,
      expected,
      fix: 'if it is UTF-16 without a mark, save it as UTF-8 or add --encoding utf-16le; else name another file',
    });
  }
  const value = bytes[offset]!;
  const old =
    value < 0xa0 ? '' : `, which is ${new TextDecoder('windows-1252').decode(Uint8Array.of(value))} in windows-1252`;
  return new InputError({
    code: 'data-invalid',
    what: `the file is not UTF-8: byte ${place.bytes} is 0x${value.toString(16).toUpperCase()}${old}`,
    where,
    expected,
    fix: 'save the file as UTF-8, or name its encoding where the command has --encoding (windows-1252, shift_jis …)',
  });
}

/** What stands before the piece that follows `bytes`. */
export function after(before: Before, bytes: Buffer): Before {
  const lineStart = bytes.lastIndexOf(0x0a) + 1;
  return {
    bytes: before.bytes + bytes.length,
    lines: before.lines + countLines(bytes),
    column: (lineStart === 0 ? before.column : 0) + bytes.toString('utf8', lineStart).length,
  };
}

export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}
