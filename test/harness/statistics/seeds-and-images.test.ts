import { describe, expect, test } from 'vitest';
import { pairedImageDifference } from '../../../harness/statistics/paired-images.js';
import { type ScoredRecord, systemDifferences } from '../../../harness/statistics/seeds-and-images.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

const score = ([sum]: readonly number[], images: number): number => sum! / images;

function difference(candidate: readonly ScoredRecord[], baseline: readonly ScoredRecord[]) {
  return systemDifferences([{ candidate, baseline, score }], { resamples: 500 })[0]!;
}

const record = (values: readonly number[], seed?: number): ScoredRecord => ({
  ...(seed === undefined ? {} : { seed }),
  columns: [Float64Array.from(values)],
});

describe('the difference over seeds and images', () => {
  test('of one record a side is that over images', () => {
    const [ours, theirs] = [record([1, 4, 2, 6, 3], 1), record([0, 5, 1, 3, 3], 1)];
    const { unit, records, ...rest } = difference([ours], [theirs]);
    expect({ unit, records }).toEqual({ unit: 'images', records: [1, 1] });
    expect(rest).toEqual(pairedImageDifference(ours.columns[0]!, theirs.columns[0]!, { resamples: 500 }));
  });

  test('agrees with the formula worked by hand', () => {
    // Seeds' differences 1 and 3 over 2 images: contributions −1, +1 for seed 1 and −3, +3 for seed 2.
    const {
      difference: mean,
      low,
      high,
      unit,
    } = difference([record([0, 2], 1), record([0, 6], 2)], [record([0, 0], 1), record([0, 0], 2)]);
    expect(unit).toBe('images and paired seeds');
    expect(mean).toBe(2);
    // V_seeds = 2 ÷ 2 = 1; V_images = (4 + 4) ÷ (2 × 1) = 4; residuals ±1: V_both = (4 ÷ 1 ÷ 2) ÷ 2 = 1. t(.975, 1) = tan(.475 π).
    const half = Math.tan(0.475 * Math.PI) * Math.sqrt(1 + (4 - 1));
    expect(high - mean).toBeCloseTo(half, 9);
    expect(mean - low).toBeCloseTo(half, 9);
  });

  test('concludes nothing where neither seeds nor images vary', () => {
    const same = (value: number) => [record([value, value], 1), record([value, value], 2)];
    expect(difference(same(2), same(1))).toMatchObject({ difference: 1, low: 1, high: 1, p: 1 });
  });

  test('pairs seeds by their number, not by their order', () => {
    const ours = [record([1, 2, 5], 1), record([2, 4, 4], 2), record([0, 1, 3], 3)];
    const theirs = [record([1, 1, 4], 3), record([0, 2, 5], 1), record([3, 3, 3], 2)];
    const sorted = [theirs[1]!, theirs[2]!, theirs[0]!];
    expect(difference(ours, theirs)).toEqual(difference(ours, sorted));
    expect(difference(ours, theirs).unit).toBe('images and paired seeds');
  });

  test('takes seeds that have no partner as independent, also one against several', () => {
    const ours = [record([1, 2, 5], 1), record([2, 4, 4], 2)];
    expect(difference(ours, [record([1, 1, 4], 3), record([0, 2, 5], 1)]).unit).toBe('images and seeds');
    expect(difference(ours, [record([1, 1, 4])]).unit).toBe('images and seeds');
  });

  test('refuses systems without records and images that not all have', () => {
    expect(() => difference([], [record([1, 2])])).toThrow(RangeError);
    expect(() => difference([record([1, 2], 1), record([1, 2, 3], 2)], [record([1, 2])])).toThrow(RangeError);
  });
});

describe('by simulation', () => {
  const trials = 400;
  const images = 60;
  /** Standard deviations of what a seed, an image (its difference between the systems), and both together add. */
  const scenarios = [
    { name: 'seeds matter most', seed: 1, image: 1, both: 1 },
    { name: 'seeds and images matter alike', seed: 0.13, image: 1, both: 1 },
    { name: 'images matter most', seed: 0.02, image: 1, both: 1 },
    { name: 'neither alone', seed: 0, image: 0, both: 1 },
  ];

  for (const [ours, theirs, paired] of [
    [2, 2, true],
    [6, 6, true],
    [3, 2, false],
    [4, 1, false],
    [6, 6, false],
  ] as const) {
    test.each(scenarios)(
      `${ours} and ${theirs} seeds${paired ? ' in pairs' : ''} cover when $name`,
      ({ name, ...deviation }) => {
        const stream = randomStream(ours * 10 + theirs, 'seeds and images', name, String(paired));
        let covered = 0;
        for (let trial = 0; trial < trials; trial++) {
          const byImage = Array.from({ length: images }, () => deviation.image * stream.normal());
          const side = (count: number, first: number, withImages: boolean) =>
            Array.from({ length: count }, (_, index) => {
              const bySeed = deviation.seed * stream.normal();
              const values = byImage.map(
                (value) => (withImages ? value : 0) + bySeed + deviation.both * stream.normal(),
              );
              return record(values, first + index);
            });
          const { low, high } = difference(side(ours, 1, true), side(theirs, paired ? 1 : 100, false));
          if (low <= 0 && high >= 0) covered++;
        }
        // Never less than stated; where both parts weigh alike the sum of the half widths covers more.
        expect(covered / trials).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.05 * 0.95) / trials));
      },
    );
  }
});
