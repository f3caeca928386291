/** Our METEOR against its published formula and alignments worked by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreMeteor, type WordKnowledge, whitespaceTokeniser } from '../../metrics/index.js';
import { align } from '../../metrics/meteor/alignment.js';

const knowledge: WordKnowledge = {
  stem: (word) => word.replace(/(ing|s)$/, ''),
  synonymSets: (word) => (word === 'car' || word === 'automobile' ? [1] : []),
};

const score = (candidate: string, ...references: string[]) =>
  scoreMeteor([{ imageId: '1', candidate, references }], knowledge, { tokeniser: whitespaceTokeniser }).score;

const formula = (precision: number, recall: number, fragmentation: number) =>
  ((precision * recall) / (0.85 * precision + 0.15 * recall)) * (1 - 0.6 * fragmentation ** 0.2);

describe('scoreMeteor', () => {
  it('gives 1 for the reference itself and 0 for nothing in common', () => {
    expect(score('a man rides a horse', 'a man rides a horse')).toBeCloseTo(1, 12);
    expect(score('a man', 'two dogs')).toBe(0);
    expect(score('', 'two dogs')).toBe(0);
  });

  it('follows the formula with one weight per matcher', () => {
    // Exact: "the" and "red"; synonym: car/automobile .8; one chunk of three in four words.
    expect(score('the red car', 'the red automobile stops')).toBeCloseTo(formula(2.8 / 3, 2.8 / 4, 1 / 3), 12);
    // Stem: dogs/dog .6; one chunk that covers both sentences is not fragmented.
    expect(score('two dogs', 'two dog')).toBeCloseTo(formula(1.6 / 2, 1.6 / 2, 0), 12);
  });

  it('says that it is not the jar', () => {
    const { signature } = scoreMeteor([{ imageId: '1', candidate: 'a', references: ['a'] }], knowledge);
    expect(signature).toContain('implementation:exact+stem+synonym-not-meteor-1.5');
  });
});

describe('align', () => {
  const similarity = (a: number, b: number) => (a === b ? 1 : 0);

  it('prefers few chunks among the alignments with most matches', () => {
    // "the cat the mat" against "the mat the cat": four matches in two chunks.
    expect(align(Int32Array.of(1, 2, 1, 3), Int32Array.of(1, 3, 1, 2), similarity)).toEqual({
      matches: 4,
      weight: 4,
      chunks: 2,
    });
  });

  it('matches as many words as the bags share', () => {
    const words = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 7 });
    fc.assert(
      fc.property(words, words, (candidate, reference) => {
        let shared = 0;
        for (let word = 0; word <= 4; word++) {
          const count = (list: readonly number[]) => list.filter((other) => other === word).length;
          shared += Math.min(count(candidate), count(reference));
        }
        expect(align(Int32Array.from(candidate), Int32Array.from(reference), similarity).matches).toBe(shared);
      }),
    );
  });
});
