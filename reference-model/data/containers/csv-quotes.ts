/**
 * What Python's csv module would guess at: text after a closing quote. A quote inside a field that does not begin with one is text; a field
 * that begins with a quote must end with one. The parser is told to let quotes in fields pass, so this check stands before it.
 */
import { InputError } from '../../files/input-error.js';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Hands the pieces on. @throws InputError naming the line of a field that goes on after its closing quote */
export async function* checkQuotes(
  chunks: AsyncIterable<Buffer>,
  { file, delimiter }: { readonly file: string; readonly delimiter: string },
): AsyncGenerator<Buffer> {
  const separator = delimiter.charCodeAt(0);
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let line = 1;
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      if (byte === LINE_FEED) line++;
      if (state === 'quoted') {
        if (byte === QUOTE) state = 'closed';
      } else if (byte === separator || byte === LINE_FEED || byte === CARRIAGE_RETURN) state = 'start';
      else if (state === 'start') state = byte === QUOTE ? 'quoted' : 'plain';
      else if (state === 'closed') {
        if (byte !== QUOTE) throw textAfterQuote(file, line);
        state = 'quoted';
      }
    }
    yield chunk;
  }
}

function textAfterQuote(file: string, line: number): InputError {
  return new InputError({
    code: 'data-invalid',
    what: 'the file is not CSV: a field goes on after its closing quote',
    where: `${file}:${line}`,
    expected: 'a quoted field with the quotes inside it doubled, or a field that does not begin with a quote',
    fix: 'correct the record there, or export the file again',
  });
}
