import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WordTexts } from '../../../reference-model/data/verification/word-sequences.js';

/** Every sequence as a string, looked up in a map: what the table of positions stands for. */
function repeated(texts: readonly string[], length: number): readonly string[] {
  const firsts = new Map<string, number>();
  return texts.flatMap((text, number) => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    return words.slice(length - 1).flatMap((_, start) => {
      const key = words.slice(start, start + length).join(' ');
      const first = firsts.get(key);
      if (first === undefined) firsts.set(key, number);
      return first === undefined ? [] : [`${number} ${first} ${key}`];
    });
  });
}

test('sequences that occur again are found with their first text, in one pass or several', () => {
  const text = fc
    .array(fc.constantFrom('a', 'B', 'ä', '7', 'a,', '…'), { maxLength: 12 })
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 200 }),
      (texts, length, mostInTable) => {
        const indexed = new WordTexts();
        for (const each of texts) indexed.add(each);
        const found = [...indexed.repetitions(length, mostInTable)].sort((a, b) => a.place - b.place);
        expect(found.map(({ text, first, place }) => `${text} ${first} ${indexed.wordsAt(place, length)}`)).toEqual(
          repeated(texts, length),
        );
      },
    ),
  );
});
