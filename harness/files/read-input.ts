/** Reads outside files through the strict readers of `reference-model/files`, with the harness's one error. */
import { InputError } from '../../reference-model/files/input-error.js';
import { parseJson as parseJsonStrictly, readJson as readJsonStrictly } from '../../reference-model/files/read-json.js';
import { readText as readTextStrictly, requireString } from '../../reference-model/files/read-text.js';
import { readBytes } from '../../reference-model/files/regular-file.js';
import { toUtf8 } from '../../reference-model/files/text-encoding.js';
import { UserError } from '../errors.js';

/** The same problem as a `UserError`; anything else unchanged. */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  return new UserError(error.problem, { cause: error, exitCode: error.problem.code === 'usage' ? 2 : 1 });
}

/** The result of reading. @throws UserError for every `InputError` */
export function strictly<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw asUserError(error);
  }
}

/** A text file without its byte order mark. @throws UserError `file-unreadable` or `data-invalid` */
export function readText(file: string): string {
  return strictly(() => readTextStrictly(file));
}

/** A JSON file. @throws UserError `file-unreadable` or `data-invalid` */
export function readJson(file: string): unknown {
  return strictly(() => readJsonStrictly(file));
}

/** @param where file, and line of JSON Lines, for errors @throws UserError `data-invalid` */
export function parseJson(text: string, where: string): unknown {
  return strictly(() => parseJsonStrictly(text, where));
}

/** The lines of a log that is appended to: what follows the last line feed was cut short, perhaps inside a character, and is left out. */
export function readWholeLines(file: string): readonly string[] {
  return strictly(() => {
    const bytes = readBytes(file);
    const end = bytes.lastIndexOf(0x0a);
    return end < 0 ? [] : requireString(toUtf8(bytes.subarray(0, end), file).bytes, file).split('\n');
  });
}
