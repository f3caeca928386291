import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm } from '../../../harness/statistics/holm.js';

describe("Holm's procedure", () => {
  test('agrees with R', () => {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") in R; by hand: 4 × .005, 3 × .01, 2 × .03, then no less than .06.
    const steps = holm([0.01, 0.04, 0.03, 0.005], { alpha: 0.05 });
    [0.03, 0.06, 0.06, 0.02].forEach((adjusted, index) => {
      expect(steps[index]!.adjustedP).toBeCloseTo(adjusted, 12);
    });
    expect(steps.map(({ rejected }) => rejected)).toEqual([true, false, false, true]);
    // The step-down stops at .03 > .05 ÷ 2; the last is compared with that level, not with .05.
    expect(steps.map(({ share }) => share)).toEqual([3, 2, 2, 4]);
  });

  test('rejects what the closed testing procedure with Bonferroni tests rejects', () => {
    const alpha = 0.1;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }), (thousandths) => {
        const pValues = thousandths.map((value) => value / 1000 + 1e-5);
        const closed = pValues.map((_, index) => {
          for (let subset = 0; subset < 2 ** pValues.length; subset++) {
            if (!((subset >> index) & 1)) continue;
            const members = pValues.filter((__, other) => (subset >> other) & 1);
            if (Math.min(...members) > alpha / members.length) return false;
          }
          return true;
        });
        const steps = holm(pValues, { alpha });
        expect(steps.map(({ rejected }) => rejected)).toEqual(closed);
        expect(steps.map(({ adjustedP }) => adjustedP <= alpha)).toEqual(closed);
        expect(steps.map(({ share }, index) => pValues[index]! <= alpha / share)).toEqual(closed);
      }),
    );
  });
});
