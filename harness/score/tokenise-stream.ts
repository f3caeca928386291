/**
 * Tokenises a stream line by line, and keeps no more of it than a line. Bytes that are no text end it with an error. Only a line feed ends a line; a carriage return before it is white space of the line.
 */
import { once } from 'node:events';
import { ptbTokeniser, tokenisePennTreebank } from '../../metrics/index.js';
import { readTextInput } from '../../reference-model/files/input-stream.js';

/** @param encoding label of the encoding of input that is not UTF-8 @throws InputError for bytes that are no text */
export async function tokeniseStream(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  { keepPunctuation, encoding }: { readonly keepPunctuation: boolean; readonly encoding?: string | undefined },
): Promise<void> {
  const tokenise = keepPunctuation ? tokenisePennTreebank : ptbTokeniser.tokenise;
  const bytes = input as AsyncIterable<Buffer>;
  const { chunks } = await readTextInput(bytes, 'standard input', {
    limit: Number.POSITIVE_INFINITY,
    ...(encoding === undefined ? {} : { encoding }),
  });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    if (lines.length === 0) continue;
    const text = lines.map((line) => `${tokenise(line).join(' ')}\n`).join('');
    if (!output.write(text)) await once(output, 'drain');
  }
  if (rest !== '') output.write(tokenise(rest).join(' '));
}
