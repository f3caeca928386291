/**
 * The tokenisation of the public COCO caption evaluation: Penn Treebank tokens in lower case without punctuation, each
 * caption on its own. It follows what CoreNLP 3.4.1 does to a file that holds the caption as its only line. Its time is
 * linear in the length of the caption.
 */
import { requireCaptionLength } from './caption-length.js';
import { lex } from './ptb/lexer.js';
import type { Tokeniser } from './tokeniser.js';

/** Line breaks inside a caption would split it for CoreNLP; here they separate words. */
const LINE_BREAKS = /[\n\r\v\f\u0085\u2028\u2029]/g;

/**
 * Penn Treebank tokens in lower case, punctuation included.
 * @throws MetricError `caption-too-long` for a text of more than 1 MiB.
 */
export function tokenisePennTreebank(text: string): string[] {
  return tokenise(text, true);
}

export const ptbTokeniser: Tokeniser = {
  id: 'ptb-2',
  lowercases: true,
  tokenise: (text) => tokenise(text, false),
};

function tokenise(text: string, keepPunctuation: boolean): string[] {
  requireCaptionLength(text);
  return lex(text.replace(LINE_BREAKS, ' '), keepPunctuation);
}
