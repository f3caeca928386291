/**
 * Document frequencies on disk: a header line of JSON, then one `images<TAB>n-gram` per line, sorted by n-gram.
 * Plain text streams both ways and diffs well; a file for the COCO validation images holds about three million lines.
 */
import type { DocumentFrequencies } from '../../metrics/index.js';
import { linesOf, openTextInput } from '../../reference-model/files/input-stream.js';
import { UserError } from '../errors.js';
import { asUserError, parseJson } from '../files/read-input.js';
import { writeOutput } from './write-output.js';

const FORMAT = 'vlm-bench document frequencies 1';

export async function writeDocumentFrequencies(file: string, frequencies: DocumentFrequencies): Promise<void> {
  const { images, tokeniser, ngrams } = frequencies;
  const sorted = [...ngrams].sort(([left], [right]) => (left < right ? -1 : 1));
  const lines = function* (): Generator<string> {
    yield `${JSON.stringify({ format: FORMAT, images, tokeniser, ngrams: sorted.length })}\n`;
    for (let from = 0; from < sorted.length; from += 1000) {
      yield sorted
        .slice(from, from + 1000)
        .map(([ngram, count]) => `${count}\t${ngram}\n`)
        .join('');
    }
  };
  await writeOutput(file, lines());
}

export async function readDocumentFrequencies(file: string): Promise<DocumentFrequencies> {
  let header: { images: number; tokeniser: string; ngrams: number } | undefined;
  const ngrams: (readonly [string, number])[] = [];
  for await (const { bytes, number } of frequencyLines(file)) {
    const text = bytes.toString().replace(/\r$/, '');
    if (header === undefined) header = parseHeader(text, file);
    else {
      const tab = text.indexOf('\t');
      const count = Number(text.slice(0, tab));
      if (tab < 1 || !Number.isSafeInteger(count) || count < 1)
        refuse('the line is not a count and an n-gram', `${file}:${number}`);
      ngrams.push([text.slice(tab + 1), count]);
    }
  }
  if (header === undefined) refuse('the file is empty', file);
  if (ngrams.length !== header.ngrams) {
    refuse(`the file holds ${ngrams.length} of ${header.ngrams} n-grams: it was cut short`, file);
  }
  return { images: header.images, tokeniser: header.tokeniser, ngrams };
}

async function* frequencyLines(file: string): AsyncGenerator<{ readonly bytes: Buffer; readonly number: number }> {
  try {
    const { chunks } = await openTextInput(file);
    yield* linesOf(chunks, { file });
  } catch (error) {
    throw asUserError(error);
  }
}

function parseHeader(text: string, file: string): { images: number; tokeniser: string; ngrams: number } {
  try {
    const { format, images, tokeniser, ngrams } = parseJson(text, file) as Record<string, unknown>;
    if (
      format === FORMAT &&
      typeof images === 'number' &&
      typeof tokeniser === 'string' &&
      typeof ngrams === 'number'
    ) {
      return { images, tokeniser, ngrams };
    }
  } catch {
    // Reported below, like a header of another kind.
  }
  return refuse('the file does not start with the header of document frequencies', `${file}:1`);
}

function refuse(what: string, where: string): never {
  throw new UserError({
    code: 'data-invalid',
    what,
    where,
    expected: 'a file that `vlm-bench score df` wrote',
    fix: 'write it again with `vlm-bench score df`',
  });
}
