/**
 * Tokenises a stream line by line. Only a line feed ends a line; a carriage return before it is white space of the line.
 */
import { once } from 'node:events';
import { ptbTokeniser, tokenisePennTreebank } from '../../metrics/index.js';

export async function tokeniseStream(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  { keepPunctuation }: { readonly keepPunctuation: boolean },
): Promise<void> {
  const tokenise = keepPunctuation ? tokenisePennTreebank : ptbTokeniser.tokenise;
  input.setEncoding('utf8');
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    if (lines.length === 0) continue;
    const text = lines.map((line) => `${tokenise(line).join(' ')}\n`).join('');
    if (!output.write(text)) await once(output, 'drain');
  }
  if (rest !== '') output.write(tokenise(rest).join(' '));
}
