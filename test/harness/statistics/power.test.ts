import { describe, expect, test } from 'vitest';
import { decideClaims } from '../../../harness/statistics/claims.js';
import { minimumDetectableEffect, powerOfTTest, seedsNeeded } from '../../../harness/statistics/power.js';
import { studentTQuantile } from '../../../harness/statistics/student-t.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

describe('the power of the t test over seeds', () => {
  // scipy 1.17: nct.sf(t.isf(alpha / 2, n - 1), n - 1, effect / sd * n ** 0.5)
  test.each([
    [2, 3, 1, 0.05, 0.260770565294538],
    [3, 1.5, 1, 0.05, 0.31633641182277145],
    [6, 1, 1, 0.05, 0.5068166814068775],
    [10, 0.9, 0.9, 0.05, 0.8030962086904041],
    [30, 0.5, 1, 0.01, 0.5025553799197601],
  ])('agrees with scipy for n = %i, effect %f, deviation %f, α = %f', (n, effect, standardDeviation, alpha, power) => {
    expect(powerOfTTest({ n, effect, standardDeviation, alpha })).toBeCloseTo(power, 8);
  });

  test('is half of α without an effect, and does not depend on the effect’s sign', () => {
    for (const n of [2, 4, 9]) {
      expect(powerOfTTest({ n, effect: 0, standardDeviation: 2, alpha: 0.05 })).toBeCloseTo(0.025, 7);
      const question = { n, standardDeviation: 2, alpha: 0.05 };
      expect(powerOfTTest({ ...question, effect: -1 })).toBe(powerOfTTest({ ...question, effect: 1 }));
    }
  });

  test('is what simulation finds', () => {
    const trials = 20_000;
    const stream = randomStream(1, 'power');
    const critical = studentTQuantile(0.975, 5);
    let found = 0;
    for (let trial = 0; trial < trials; trial++) {
      const effects = Array.from({ length: 6 }, () => 1.2 + stream.normal());
      const mean = effects.reduce((sum, effect) => sum + effect, 0) / 6;
      const variance = effects.reduce((sum, effect) => sum + (effect - mean) ** 2, 0) / 5;
      if (mean / Math.sqrt(variance / 6) > critical) found++;
    }
    const power = powerOfTTest({ n: 6, effect: 1.2, standardDeviation: 1, alpha: 0.05 });
    expect(Math.abs(found / trials - power)).toBeLessThan(4 * Math.sqrt((power * (1 - power)) / trials));
  });

  test('of a verdict that also asks for the margin is what simulation of the rule finds, at most a half at the margin', () => {
    const trials = 20_000;
    const stream = randomStream(2, 'power of the verdict');
    for (const [n, effect, margin] of [
      [6, 0.9, 0.9],
      [6, 1.8, 0.9],
      [30, 0.9, 0.9],
    ] as const) {
      let reproduced = 0;
      for (let trial = 0; trial < trials; trial++) {
        const effects = Array.from({ length: n }, () => effect + stream.normal());
        const rule = {
          metric: 'm',
          direction: 'greater',
          margin,
          alpha: 0.05,
          comparison: 'c',
          test: 'paired',
        } as const;
        if (decideClaims([{ ...rule, id: 'a', effects }]).verdict === 'reproduced') reproduced++;
      }
      const power = powerOfTTest({ n, effect, standardDeviation: 1, alpha: 0.05, margin });
      expect(Math.abs(reproduced / trials - power)).toBeLessThan(4 * Math.sqrt((power * (1 - power)) / trials));
      if (effect === margin) expect(power).toBeLessThanOrEqual(0.5);
    }
  });

  test('refuses one seed and no spread', () => {
    expect(() => powerOfTTest({ n: 1, effect: 1, standardDeviation: 1, alpha: 0.05 })).toThrow(RangeError);
    expect(() => minimumDetectableEffect({ n: 6, standardDeviation: 0, alpha: 0.05 })).toThrow(RangeError);
  });
});

describe('the minimum detectable effect', () => {
  // scipy 1.17: brentq on the power above minus 0.8, for a deviation of 1 and α = 0.05.
  test.each([
    [2, 11.549888435882385],
    [3, 3.26404354981992],
    [6, 1.4345453439502018],
    [10, 0.9960022543069522],
    [20, 0.6604424098186573],
  ])('of %i seeds agrees with scipy, and grows with the spread', (n, effect) => {
    expect(minimumDetectableEffect({ n, standardDeviation: 1, alpha: 0.05 })).toBeCloseTo(effect, 7);
    expect(minimumDetectableEffect({ n, standardDeviation: 0.3, alpha: 0.05 })).toBeCloseTo(0.3 * effect, 7);
  });
});

describe('the seeds that an effect needs', () => {
  test.each([
    [0.5, 34],
    [1, 10],
    [2, 5],
  ])('for %f standard deviations are those that scipy finds', (effect, seeds) => {
    expect(seedsNeeded({ effect, standardDeviation: 1, alpha: 0.05 })).toBe(seeds);
  });

  test('are undefined when even the most do not suffice', () => {
    expect(seedsNeeded({ effect: 0.1, standardDeviation: 1, alpha: 0.05, max: 50 })).toBeUndefined();
    expect(seedsNeeded({ effect: 0.5, standardDeviation: 1, alpha: 0.05, max: 34 })).toBe(34);
  });
});
