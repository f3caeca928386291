/**
 * Tokenises a stream line by line, and keeps no more of it than a line. Only a line feed ends a line; a carriage return before it is white
 * space of the line. Bytes that are no text, and lines too long for a caption, end it with an error.
 */
import { once } from 'node:events';
import { MetricError, ptbTokeniser, tokenisePennTreebank } from '../../metrics/index.js';
import { readTextInput } from '../../reference-model/files/input-stream.js';

const INPUT = 'standard input';

/**
 * @param encoding label of the encoding of input that is not UTF-8
 * @throws InputError for bytes that are no text, MetricError naming the line for one that is too long
 */
export async function tokeniseStream(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  { keepPunctuation, encoding }: { readonly keepPunctuation: boolean; readonly encoding?: string | undefined },
): Promise<void> {
  const tokenise = keepPunctuation ? tokenisePennTreebank : ptbTokeniser.tokenise;
  const bytes = input as AsyncIterable<Buffer>;
  const { chunks } = await readTextInput(bytes, INPUT, {
    limit: Number.POSITIVE_INFINITY,
    ...(encoding === undefined ? {} : { encoding }),
  });
  let number = 0;
  const tokensOf = (line: string): string => {
    number += 1;
    try {
      return tokenise(line).join(' ');
    } catch (error) {
      if (error instanceof MetricError) throw new MetricError({ ...error.detail, where: `${INPUT}:${number}` });
      throw error;
    }
  };
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    if (lines.length === 0) continue;
    const text = lines.map((line) => `${tokensOf(line)}\n`).join('');
    if (!output.write(text)) await once(output, 'drain');
  }
  if (rest !== '') output.write(tokensOf(rest));
}
