import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captionStatistics, textStatistics } from '../../../harness/measures/text-statistics.js';
import type { Sample } from '../../../reference-model/data/dataset.js';

const sample = (imageId: string, humanCaptions: readonly string[], aiCaptions: readonly string[]): Sample => ({
  imageId,
  image: { width: 1, height: 1, pixels: new Uint8Array(3) },
  humanCaptions,
  aiCaptions,
  questions: [],
});

const words = fc.array(fc.constantFrom('red', 'blue', 'dot', 'ring', 'on'), { minLength: 1, maxLength: 9 });
const corpora = fc.array(words, { minLength: 1, maxLength: 30 });

describe('statistics of texts', () => {
  test('count words without case and punctuation', () => {
    expect(textStatistics('texts', ['A red dot.', 'a Red, dot!', 'rings'])).toMatchObject({
      texts: 3,
      words: 7,
      wordsPerText: 7 / 3,
      distinctWords: 4,
      typeTokenRatio: 4 / 7,
      distinctTexts: 2,
    });
  });

  test('give k bits for 2^k equally frequent words', () => {
    expect(textStatistics('texts', ['a b c d', 'd c b a']).wordEntropy).toBeCloseTo(2, 12);
  });

  test('give no bits for what the words before decide', () => {
    // After "a b" comes c, after "b a" d; after a alone b or d, equally often.
    const { bigramEntropy, trigramEntropy } = textStatistics('texts', ['a b c', 'b a d']);
    expect(bigramEntropy).toBeCloseTo(1, 12);
    expect(trigramEntropy).toBe(0);
  });

  test('equal entropy of the n-grams − entropy of their contexts', () => {
    const entropy = (keys: readonly string[]) =>
      [...new Set(keys)].reduce((sum, key) => {
        const share = keys.filter((other) => other === key).length / keys.length;
        return sum - share * Math.log2(share);
      }, 0);
    fc.assert(
      fc.property(corpora, (texts) => {
        const ngrams = (n: number) =>
          texts.flatMap((text) => text.slice(n - 1).map((_, start) => text.slice(start, start + n)));
        const expected = (n: number) =>
          entropy(ngrams(n).map((ngram) => ngram.join())) -
          entropy(ngrams(n).map((ngram) => ngram.slice(0, -1).join()));
        const statistics = textStatistics(
          'texts',
          texts.map((text) => text.join(' ')),
        );
        expect(statistics.wordEntropy).toBeCloseTo(expected(1), 9);
        expect(statistics.bigramEntropy).toBeCloseTo(expected(2), 9);
        expect(statistics.trigramEntropy).toBeCloseTo(expected(3), 9);
      }),
    );
  });

  test('take ratio and entropies from the first 10,000 words, so that a longer corpus of the same kind has the same', () => {
    const kind = Array.from({ length: 2500 }, (_, index) => `the ${index % 2 ? 'red' : 'blue'} shape ${index % 50}`);
    const short = textStatistics('texts', kind);
    const long = textStatistics('texts', [...kind, ...kind.map((text) => `${text} more and more`)]);
    expect(short.words).toBe(10_000);
    const { typeTokenRatio, wordEntropy, bigramEntropy, trigramEntropy } = short;
    expect(long).toMatchObject({ typeTokenRatio, wordEntropy, bigramEntropy, trigramEntropy });
    expect(long.words).toBe(27_500);
  });

  test('are refused without a word', () => {
    expect(() => textStatistics('AI captions', ['…'])).toThrow('There is no word in the AI captions.');
  });
});

describe('statistics of captions', () => {
  test('are those of each kind that the samples have', () => {
    const samples = [sample('1', ['a dot', 'one dot'], []), sample('2', ['a ring'], [])];
    expect(captionStatistics(samples)).toEqual([textStatistics('human captions', ['a dot', 'a ring', 'one dot'])]);
  });

  test('see every image once before any twice', () => {
    const many = Array.from({ length: 5000 }, (_, index) => sample(String(index), ['first one', 'second two'], ['x']));
    const [human] = captionStatistics(many);
    // The first 10,000 words are the first captions of all images.
    expect(human!.typeTokenRatio).toBe(2 / 10_000);
    expect(human!.distinctWords).toBe(4);
  });
});
