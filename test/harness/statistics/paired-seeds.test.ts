import { describe, expect, test } from 'vitest';
import { pairedStatistics } from '../../../harness/statistics/paired-seeds.js';
import { studentTCdf } from '../../../harness/statistics/student-t.js';

const pairsOf = (differences: readonly number[]) =>
  differences.map((difference, index) => ({ seed: index + 1, treatment: 4 + difference, control: 4 }));

describe('paired statistics', () => {
  test('agree with a textbook example worked by hand', () => {
    // Differences 1, 2, 3, 4, 5: mean 3, variance 2.5, standard error √(2.5 / 5) = √0.5, t = 3 / √0.5.
    const statistics = pairedStatistics(pairsOf([1, 2, 3, 4, 5]), { alpha: 0.05 });
    expect(statistics.meanDifference).toBeCloseTo(3, 12);
    expect(statistics.standardDeviation).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(statistics.tTest.t).toBeCloseTo(3 / Math.SQRT1_2, 12);
    expect(statistics.tTest.degreesOfFreedom).toBe(4);
    expect(statistics.tTest.p).toBeCloseTo(2 * (1 - studentTCdf(3 / Math.SQRT1_2, 4)), 12);
    // Tabulated t(0.975, 4) = 2.776.
    expect(statistics.confidence.low).toBeCloseTo(3 - 2.776 * Math.SQRT1_2, 3);
    expect(statistics.confidence.high).toBeCloseTo(3 + 2.776 * Math.SQRT1_2, 3);
    expect(statistics.effectSize).toBeCloseTo(3 / Math.sqrt(2.5), 12);
  });

  test('the interval excludes 0 exactly when p < α', () => {
    for (const differences of [
      [0.1, 0.5, -0.2, 0.4],
      [0.3, 0.5, 0.2, 0.4],
      [1, -1, 1, 1, 1, 1, 0.4],
    ]) {
      for (const alpha of [0.01, 0.05, 0.2]) {
        const { confidence, tTest } = pairedStatistics(pairsOf(differences), { alpha });
        expect(confidence.low > 0 || confidence.high < 0).toBe(tTest.p! < alpha);
      }
    }
  });

  test('without spread are marked and hold finite numbers only', () => {
    for (const difference of [0, 0.25, 0.1]) {
      const statistics = pairedStatistics(pairsOf([difference, difference, difference]), { alpha: 0.05 });
      expect(statistics.degenerate).toBe(true);
      expect(statistics.tTest).toEqual({ t: 0, degreesOfFreedom: 2, ...(difference === 0 ? { p: 1 } : {}) });
      expect(statistics.confidence.low).toBe(statistics.meanDifference);
      expect(statistics.confidence.high).toBe(statistics.meanDifference);
      expect(statistics.effectSize).toBe(0);
    }
  });

  test.each([
    [[{ seed: 1, treatment: 1, control: 0 }], '1 paired seeds are too few'],
    [
      [
        { seed: 1, treatment: Number.NaN, control: 0 },
        { seed: 2, treatment: 1, control: 0 },
      ],
      'a score of seed 1 is NaN',
    ],
    [
      [
        { seed: 1, treatment: 1, control: 0 },
        { seed: 1, treatment: 1, control: 0 },
      ],
      'seed 1 occurs twice',
    ],
  ])('are refused for bad input', (pairs, message) => {
    expect(() => pairedStatistics(pairs, { alpha: 0.05 })).toThrow(message);
  });
});
