/** Bootstrap intervals: exact sums, coverage by simulation, and agreement with a direct resampling. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapStatistics } from '../../metrics/bootstrap/bootstrap-statistic.js';
import { confidenceInterval } from '../../metrics/bootstrap/interval.js';
import { resampledSums } from '../../metrics/bootstrap/resampled-sums.js';
import { scoreCaptions } from '../../metrics/index.js';
import { RandomIndices } from '../../metrics/numerics/random-indices.js';

/** A small generator of its own, so that the data do not come from the code under test. */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
    word ^= word >>> 12;
    return (word >>> 0) / 4294967296;
  };
}

describe('resampledSums', () => {
  it('packs integer columns without losing a unit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        (images, width, seed) => {
          const next = uniforms(seed);
          const columns = Array.from({ length: width }, (_, column) => ({
            values: Array.from({ length: images }, () => Math.floor(next() * 10 ** (1 + (column % 6)))),
            integers: true,
          }));
          const sums = resampledSums(columns, images, 5, seed);
          const random = new RandomIndices(seed);
          const draws = new Uint16Array(images);
          for (let resample = 0; resample < 5; resample++) {
            random.count(draws);
            expect(draws.reduce((sum, times) => sum + times, 0)).toBe(images);
            columns.forEach(({ values }, column) => {
              const expected = values.reduce((sum, value, image) => sum + value * draws[image]!, 0);
              expect(sums[column]![resample]).toBe(expected);
            });
          }
        },
      ),
    );
  });

  it('draws every image equally often', () => {
    const draws = new Uint16Array(10);
    const totals = new Float64Array(10);
    const random = new RandomIndices(3);
    for (let resample = 0; resample < 20_000; resample++) {
      random.count(draws);
      draws.forEach((times, image) => {
        totals[image]! += times;
      });
    }
    // 200,000 draws: a standard deviation of 134 per image.
    for (const total of totals) expect(Math.abs(total - 20_000)).toBeLessThan(5 * 134);
  });
});

describe('intervals', () => {
  it('are the same for the same seed and others for another', () => {
    const values = Array.from({ length: 60 }, uniforms(5));
    const interval = (seed: number) =>
      bootstrapStatistics(
        [{ values, integers: false }],
        values.length,
        [{ columns: [0], compute: ([sum], images) => sum! / images }],
        { resamples: 500, seed },
      );
    expect(interval(7)).toEqual(interval(7));
    expect(interval(7)).not.toEqual(interval(8));
  });

  it('percentile: the quantiles of the replicates', () => {
    const replicates = Float64Array.from({ length: 1001 }, (_, index) => 1000 - index);
    const [low, high] = confidenceInterval(replicates, 500, new Float64Array(0), 'percentile');
    expect(low).toBeCloseTo(25, 9);
    expect(high).toBeCloseTo(975, 9);
  });

  it('BCa equals percentile for symmetric replicates without skewness', () => {
    const replicates = Float64Array.from({ length: 1001 }, (_, index) => index - 500);
    const [low, high] = confidenceInterval(replicates, 0, Float64Array.of(-1, 0, 1), 'bca');
    expect(low).toBeCloseTo(-475, 6);
    expect(high).toBeCloseTo(475, 6);
  });

  it.each(['bca', 'percentile'] as const)(
    '%s covers the mean of a skewed distribution about 95 %% of the time',
    (method) => {
      const next = uniforms(11);
      let covered = 0;
      const trials = 600;
      for (let trial = 0; trial < trials; trial++) {
        // Squares of uniforms: mean 1/3, skewed to the right.
        const values = Array.from({ length: 60 }, () => next() ** 2);
        const [interval] = bootstrapStatistics(
          [{ values, integers: false }],
          60,
          [{ columns: [0], compute: ([sum], images) => sum! / images }],
          { resamples: 600, seed: trial, method },
        );
        if (interval![0] <= 1 / 3 && interval![1] >= 1 / 3) covered++;
      }
      // Nominal .95 with a standard error of .009; the bootstrap of 60 values falls a little short.
      expect(covered / trials).toBeGreaterThan(0.91);
      expect(covered / trials).toBeLessThan(0.985);
    },
  );

  it('of corpus scores hold the scores, BLEU included', () => {
    const next = uniforms(23);
    const words = ['a', 'man', 'dog', 'cat', 'rides', 'eats', 'red', 'horse', 'on', 'the', 'beach'];
    const text = () => Array.from({ length: 6 }, () => words[Math.floor(next() * words.length)]).join(' ');
    const records = Array.from({ length: 80 }, (_, index) => ({
      imageId: String(index),
      candidate: text(),
      references: [text(), text(), text()],
    }));
    const { metrics } = scoreCaptions(records, { bootstrap: { resamples: 1000 } });
    for (const { score, ci95 } of Object.values(metrics)) {
      expect(ci95![0]).toBeLessThan(score);
      expect(ci95![1]).toBeGreaterThan(score);
    }
  });
});
