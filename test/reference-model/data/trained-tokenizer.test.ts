/** Byte pairs of a data set's own texts, against a plain recomputation and by what they must keep. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { SMALLEST_VOCABULARY, trainTokenizer } from '../../../reference-model/data/tokenizer/train-tokenizer.js';

const captions = [
  'A dog is running through the grass .',
  'a black dog runs in the grass',
  'Two dogs are running on the beach .',
  "the man's dog jumps over a red bench",
];

interface Content {
  readonly model: { readonly merges: readonly (readonly [string, string])[] };
}
const mergesOf = (texts: readonly string[], size: number) => (trainTokenizer(texts, size) as Content).model.merges;

/** Every pair is counted again for every merge; for words of letters, whose bytes are the letters themselves. */
function plainMerges(words: readonly string[], most: number): readonly (readonly [string, string])[] {
  let symbols = words.map((word) => [...word]);
  const merges: (readonly [string, string])[] = [];
  while (merges.length < most) {
    const counts = new Map<string, number>();
    for (const word of symbols) {
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    if (best === undefined) break;
    const [left, right] = best[0].split(' ') as [string, string];
    merges.push([left, right]);
    symbols = symbols.map((word) => {
      const joined: string[] = [];
      for (const symbol of word) {
        if (symbol === right && joined.at(-1) === left && !joined.at(-1)!.includes('|'))
          joined.splice(-1, 1, `${left}${right}|`);
        else joined.push(symbol);
      }
      return joined.map((symbol) => symbol.replace('|', ''));
    });
  }
  return merges;
}

describe('a trained tokenizer', () => {
  test('merges what stands together most often, as counting again for every merge finds', () => {
    const word = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 7 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 12 }), (words, most) => {
        // Words at the beginning of a text have no space in front of them.
        expect(mergesOf(words, SMALLEST_VOCABULARY + most)).toEqual(plainMerges(words, most));
      }),
      { numRuns: 200 },
    );
  });

  test('gives back any text in lower case, and no text is a special token', () => {
    const tokenizer = loadTokenizer(trainTokenizer(captions, 300));
    const special = new Set(Object.values(tokenizer.special));
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('<pad> <end>', '<begin>', '<reserved-0>')),
        (text) => {
          const ids = tokenizer.encode(text);
          expect(tokenizer.decode(ids)).toBe(text.toLowerCase());
          expect(ids.some((id) => special.has(id))).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('has as many tokens as are asked for, and needs fewer of them the more it has', () => {
    const lengths = [SMALLEST_VOCABULARY, 280, 320, 600].map((size) => {
      const tokenizer = loadTokenizer(trainTokenizer(captions, size));
      expect(tokenizer.vocabularySize).toBe(size);
      expect(tokenizer.decode([size - 1, ...tokenizer.encode('dog')])).toMatch(/dog$/);
      return tokenizer.encode(captions[0]!).length;
    });
    expect(lengths[0]).toBe(captions[0]!.length);
    expect(lengths.toSorted((a, b) => b - a)).toEqual(lengths);
    expect(lengths.at(-1)).toBe(8);
    expect(() => trainTokenizer(captions, SMALLEST_VOCABULARY - 1)).toThrow(RangeError);
  });
});
