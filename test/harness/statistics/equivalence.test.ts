import { describe, expect, test } from 'vitest';
import { effectStatistics } from '../../../harness/statistics/effect-statistics.js';
import { equivalenceTest } from '../../../harness/statistics/equivalence.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

describe('the equivalence test', () => {
  test('agrees with two one-sided tests of scipy', () => {
    const effects = [0.02, -0.05, 0.08, 0.01, -0.03, 0.04];
    // scipy 1.17: max(ttest_1samp(e, 0.1, alternative='less').pvalue, ttest_1samp(e, -0.1, alternative='greater').pvalue)
    expect(equivalenceTest(effects, { margin: 0.1, alpha: 0.05 }).p).toBeCloseTo(0.002931630197490146, 12);
  });

  test('is the interval at level 1 − 2α within the margins', () => {
    const stream = randomStream(1, 'equivalence and interval');
    for (let trial = 0; trial < 300; trial++) {
      const effects = Array.from({ length: 5 }, () => 0.3 * stream.normal());
      const { low, high } = effectStatistics(effects, { alpha: 0.1 }).confidence;
      expect(equivalenceTest(effects, { margin: 0.4, alpha: 0.05 }).equivalent).toBe(low >= -0.4 && high <= 0.4);
    }
  });

  test('says nothing about effects without spread', () => {
    expect(equivalenceTest([0, 0, 0], { margin: 1, alpha: 0.05 })).toEqual({ margin: 1, p: 1, equivalent: false });
  });

  test.each([3, 6, 10])('at the margin it errs in α of the cases with %i seeds', (seeds) => {
    const trials = 4000;
    const stream = randomStream(seeds, 'equivalence simulation');
    let wrong = 0;
    for (let trial = 0; trial < trials; trial++) {
      // The margin is many standard errors wide, so the other side does not matter and the size is α itself.
      const effects = Array.from({ length: seeds }, () => 1 + 0.02 * stream.normal());
      if (equivalenceTest(effects, { margin: 1, alpha: 0.05 }).equivalent) wrong++;
    }
    expect(Math.abs(wrong / trials - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / trials));
  });
});
