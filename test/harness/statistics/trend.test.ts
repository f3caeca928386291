import { describe, expect, test } from 'vitest';
import { pairedStatistics } from '../../../harness/statistics/paired-seeds.js';
import { trendStatistics } from '../../../harness/statistics/trend.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

describe('the trend over doses', () => {
  test('takes the slope of least squares times the range', () => {
    // By hand: doses 0, 1, 3 (mean 4/3), values 1, 2, 6: slope = Σ(x − x̄)y ÷ Σ(x − x̄)² = 8 ÷ (14/3) = 12/7.
    const statistics = trendStatistics(
      [0, 1, 3],
      [
        { seed: 1, values: [1, 2, 6] },
        { seed: 2, values: [4, 5, 7] },
      ],
      { alpha: 0.05 },
    );
    expect(statistics.seeds[0]!.effect).toBeCloseTo((12 / 7) * 3, 12);
    expect(statistics.seeds[1]!.effect).toBeCloseTo(3, 12);
    expect(statistics.meanEffect).toBeCloseTo((36 / 7 + 3) / 2, 12);
  });

  test('with two doses is the paired comparison of their arms', () => {
    const scores = [
      [1.2, 1.9],
      [0.7, 1.1],
      [1.4, 1.3],
      [0.9, 1.8],
    ];
    const trend = trendStatistics(
      [10, 50],
      scores.map((values, seed) => ({ seed, values })),
      { alpha: 0.05 },
    );
    const pairs = scores.map(([control, treatment], seed) => ({ seed, treatment: treatment!, control: control! }));
    const paired = pairedStatistics(pairs, { alpha: 0.05 });
    expect(trend.meanEffect).toBeCloseTo(paired.meanDifference, 12);
    expect(trend.tTest.p).toBeCloseTo(paired.tTest.p!, 12);
    expect(trend.confidence.low).toBeCloseTo(paired.confidence.low, 12);
    expect(trend.signFlip).toEqual(paired.signFlip);
  });

  test('refuses doses that do not differ, missing scores and scores that are not numbers', () => {
    const seeds = [
      { seed: 1, values: [1, 2] },
      { seed: 2, values: [1, 3] },
    ];
    expect(() => trendStatistics([1, 1], seeds, { alpha: 0.05 })).toThrow('doses that differ');
    expect(() => trendStatistics([1, 2, 3], seeds, { alpha: 0.05 })).toThrow('2 scores for 3 doses');
    expect(() => trendStatistics([1, 2], seeds.slice(1), { alpha: 0.05 })).toThrow('1 seeds are too few');
    const damaged = [...seeds, { seed: 3, values: [Number.NaN, 1] }];
    expect(() => trendStatistics([1, 2], damaged, { alpha: 0.05 })).toThrow('a score of seed 3 is NaN');
  });

  test.each([3, 6, 10])('keeps its error and covers as stated with %i seeds', (seeds) => {
    const trials = 4000;
    const stream = randomStream(seeds, 'trend simulation');
    const doses = [0, 0.1, 0.25, 0.5];
    let rejected = 0;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      // Each seed has a level and a slope of its own; the mean slope is 0 for the test and 2 (a gain of 1) for the interval.
      const responses = Array.from({ length: seeds }, (_, seed) => {
        const [level, slope] = [stream.normal(), stream.normal()];
        return { seed, values: doses.map((dose) => level + slope * dose + 0.3 * stream.normal()) };
      });
      if (trendStatistics(doses, responses, { alpha: 0.05 }).tTest.p! <= 0.05) rejected++;
      const rising = responses.map(({ seed, values }) => ({
        seed,
        values: values.map((value, index) => value + 2 * doses[index]!),
      }));
      const { low, high } = trendStatistics(doses, rising, { alpha: 0.05 }).confidence;
      if (low <= 1 && high >= 1) covered++;
    }
    const tolerance = 4 * Math.sqrt((0.05 * 0.95) / trials);
    expect(Math.abs(rejected / trials - 0.05)).toBeLessThan(tolerance);
    expect(Math.abs(covered / trials - 0.95)).toBeLessThan(tolerance);
  });
});
