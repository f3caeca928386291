import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestConstantCaption, scoreCaptions } from '../../metrics/index.js';

const words = ['a', 'dog', 'man', 'runs', 'on', 'grass', 'the', 'red', 'two', 'sits'];
const caption = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 9 }).map((chosen) => chosen.join(' '));

describe('the best constant caption', () => {
  test('scores as high as the best that is found by scoring every candidate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(caption, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 }),
        fc.array(caption, { minLength: 1, maxLength: 12 }),
        (references, candidates) => {
          const records = references.map((own, image) => ({ imageId: String(image), references: own }));
          const scoreOf = (candidate: string) =>
            scoreCaptions(
              records.map((record) => ({ ...record, candidate })),
              { metrics: ['CIDEr-D'] },
            ).metrics['CIDEr-D']!.score;
          const best = bestConstantCaption(records, candidates);
          expect(candidates).toContain(best);
          expect(scoreOf(best)).toBeCloseTo(Math.max(...candidates.map(scoreOf)), 10);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('is the first of equally good ones, and there must be one', () => {
    const records = ['a dog', 'a man'].map((reference, image) => ({ imageId: String(image), references: [reference] }));
    expect(bestConstantCaption(records, ['sits', 'two', 'two'])).toBe('sits');
    expect(() => bestConstantCaption(records, [])).toThrow(RangeError);
  });
});
