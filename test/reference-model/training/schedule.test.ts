import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learningRateFactor } from '../../../reference-model/training/schedule.js';

const options = { warmupShare: 0.1, finalShare: 0.05 };

describe('learningRateFactor', () => {
  it('rises linearly over the warm-up and reaches the peak right after it', () => {
    const factors = Array.from({ length: 11 }, (_, step) => learningRateFactor(step, 100, options));
    factors.forEach((factor, step) => {
      expect(factor).toBeCloseTo((step + 1) / 11, 12);
    });
  });

  it('ends at the final share and is half-way in the middle of the cosine', () => {
    expect(learningRateFactor(99, 100, options)).toBeCloseTo(0.05, 12);
    expect(learningRateFactor(50, 101, { warmupShare: 0, finalShare: 0 })).toBeCloseTo(0.5, 12);
  });

  it('stays within (0, 1] and never rises after the warm-up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (steps, warmupShare) => {
          const factors = Array.from({ length: steps }, (_, step) =>
            learningRateFactor(step, steps, { warmupShare, finalShare: 0.01 }),
          );
          expect(factors.every((factor) => factor > 0 && factor <= 1)).toBe(true);
          const cooling = factors.slice(Math.floor(steps * warmupShare));
          cooling.forEach((factor, i) => {
            if (i > 0) expect(factor).toBeLessThanOrEqual(cooling[i - 1]! + 1e-12);
          });
        },
      ),
    );
  });
});
