/** The one way to read a text file from outside: a regular file, strictly decoded. */
import { constants } from 'node:buffer';
import { InputError } from './input-error.js';
import { readBytes } from './regular-file.js';
import { toUtf8 } from './text-encoding.js';

/**
 * A whole text file without its byte order mark.
 * @param encoding label of the Encoding Standard for files that are not UTF-8
 * @throws InputError for what is no regular file, is too large for one text, or holds bytes that are no text
 */
export function readText(file: string, { encoding }: { readonly encoding?: string } = {}): string {
  return requireString(toUtf8(readBytes(file), file, encoding).bytes, file);
}

/** Text of UTF-8 bytes. @throws InputError where it is longer than one string can be */
export function requireString(bytes: Buffer, file: string): string {
  if (bytes.length <= constants.MAX_STRING_LENGTH) return bytes.toString('utf8');
  throw new InputError({
    code: 'data-invalid',
    what: `the file holds ${Math.ceil(bytes.length / 1e6)} MB, more than one text can hold`,
    where: file,
    expected: `at most ${Math.floor(constants.MAX_STRING_LENGTH / 1e6)} MB`,
    fix: 'split the file, or write it as JSON Lines, one record a line',
  });
}

/** `:line:column` of a byte of a text; columns count UTF-16 code units as editors do, from 1. */
export function lineAndColumn(bytes: Buffer, offset: number): string {
  let line = 1;
  let start = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0 && at < offset; at = bytes.indexOf(0x0a, at + 1)) {
    line++;
    start = at + 1;
  }
  return `:${line}:${bytes.toString('utf8', start, offset).length + 1}`;
}
