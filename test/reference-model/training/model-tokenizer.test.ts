import { expect, test } from 'vitest';
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { modelTokenizer } from '../../../reference-model/training/model-tokenizer.js';
import { TrainingError } from '../../../reference-model/training/training-error.js';

test('a model reads the words that it has tokens for, and no other word of a data set', () => {
  const whole = loadEmbeddedTokenizer();
  const small = modelTokenizer(216);
  expect(small.encode('is there a red circle?')).toEqual(whole.encode('is there a red circle?'));
  expect(() => small.encode('is there a gland?')).toThrow(TrainingError);
  expect(() => small.encode('is there a gland?')).toThrow(
    `the model's vocabulary of 216 tokens has no "gland", which "is there a gland?" needs; ` +
      `set the vocabularySize of the language model to ${whole.vocabularySize}`,
  );
  expect(modelTokenizer(whole.vocabularySize).encode('is there a gland?')).toEqual(whole.encode('is there a gland?'));
});
