/**
 * A tokenizer and the embeddings that it is read with come from files of their own, and may be those of two models. More rows than tokens are
 * normal, as many models round their number up; a token without a row would be found in the middle of a text.
 */
import { InputError } from '../../files/input-error.js';

/** What is paired, and where each of the two was read. */
export interface TokenRows {
  /** Ids from 0 up to this, exclusive. */
  readonly tokens: number;
  readonly tokenizerFile: string;
  readonly rows: number;
  /** Where their number stands. */
  readonly modelFile: string;
  /** Token that images are put in the place of before anything is looked up: it needs no row. */
  readonly placeholder?: number;
}

/** @throws InputError that names both files and both numbers, unless each token has a row */
export function requireRows({ tokens, tokenizerFile, rows, modelFile, placeholder }: TokenRows): void {
  const needed = placeholder === tokens - 1 ? tokens - 1 : tokens;
  if (needed <= rows) return;
  throw new InputError({
    code: 'data-invalid',
    what: `the tokenizer has ${needed} tokens, and the embeddings of the model have ${rows} rows, by ${modelFile}`,
    where: tokenizerFile,
    expected: 'a row for each token',
    fix: 'use tokenizer and weights of one model, of one revision; download the files of both again',
  });
}
