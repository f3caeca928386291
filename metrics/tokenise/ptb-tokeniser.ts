/**
 * The tokenisation of the public COCO caption evaluation: Penn Treebank tokens in lower case without punctuation, each
 * caption on its own. It follows what CoreNLP 3.4.1 does to a file that holds the caption as its only line.
 */
import { lex } from './ptb/lexer.js';
import type { Tokeniser } from './tokeniser.js';

/** Line breaks inside a caption would split it for CoreNLP; here they separate words. */
const LINE_BREAKS = /[\n\r\v\f\u0085\u2028\u2029]/g;

/** Penn Treebank tokens in lower case, punctuation included. */
export function tokenisePennTreebank(text: string): string[] {
  return lex(text.replace(LINE_BREAKS, ' '), true);
}

export const ptbTokeniser: Tokeniser = {
  id: 'ptb-1',
  lowercases: true,
  tokenise: (text) => lex(text.replace(LINE_BREAKS, ' '), false),
};
