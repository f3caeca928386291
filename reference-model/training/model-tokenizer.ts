/** The embedded tokenizer as a model of a given vocabulary reads data sets: a word that the model has no token for is an error. */
import { loadEmbeddedTokenizer, type Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { TrainingError } from './training-error.js';

/**
 * The embedded tokenizer for a model that knows its first `vocabularySize` tokens.
 * Its `encode` throws TrainingError `word-outside-vocabulary` for a text with a later token: spelled out, the word would be learned as
 * another text than in a model that knows it.
 */
export function modelTokenizer(vocabularySize: number): Tokenizer {
  const tokenizer = loadEmbeddedTokenizer();
  return {
    ...tokenizer,
    encode: (text) => {
      const ids = tokenizer.encode(text);
      const beyond = ids.find((id) => id >= vocabularySize);
      if (beyond === undefined) return ids;
      const word = tokenizer.decode([beyond]);
      const needed = tokenizer.vocabularySize;
      throw new TrainingError({ code: 'word-outside-vocabulary', word, text, vocabularySize, needed });
    },
  };
}
