/**
 * The Penn Treebank tokenisation of captions: words lower-cased, contractions split, punctuation removed.
 */
import type { Tokeniser } from './tokeniser.js';

export const ptbTokeniser: Tokeniser = {
  id: 'ptb-0',
  lowercases: true,
  tokenise: (text) => text.toLowerCase().match(/[\p{L}\p{N}]+(?:[-'.][\p{L}\p{N}]+)*/gu) ?? [],
};
