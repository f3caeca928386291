import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imageInterval, type ScoreInterval, seedInterval } from '../../../harness/statistics/score-intervals.js';
import { type RandomStream, randomStream } from '../../../reference-model/numerics/random.js';

const share = { low: 0, high: 1 };
const cider = { low: 0, high: 10 };

describe('intervals of a score', () => {
  test('of independent answers are Wilson’s, with the t quantile', () => {
    // 18 of 20 right, one question an image. By hand: t(.975, 19) = 2.093024; effective answers 20 − 1 = 19, as the variance is unbiased.
    const sums = Array.from({ length: 20 }, (_, image) => (image < 18 ? 1 : 0));
    const { low, high } = imageInterval({ sums, counts: sums.map(() => 1) }, 0.95, share)!;
    const [p, n, t] = [0.9, 19, 2.093024];
    // Wilson's bounds are the roots q of (p − q)² = t² q (1 − q) ÷ n.
    for (const q of [low, high]) expect((p - q) ** 2).toBeCloseTo((t * t * q * (1 - q)) / n, 6);
    expect(low).toBeLessThan(p);
    expect(high).toBeGreaterThan(p);
  });

  test('stay inside what a score can be, and hold the score', () => {
    const image = fc.record({ right: fc.integer({ min: 0, max: 3 }), more: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(image, { minLength: 2, maxLength: 12 }), (images) => {
        const counts = images.map(({ right, more }) => right + more);
        const total = counts.reduce((sum, count) => sum + count, 0);
        fc.pre(total > 0);
        const sums = images.map(({ right }) => right);
        const score = sums.reduce((sum, right) => sum + right, 0) / total;
        const { low, high } = imageInterval({ sums, counts }, 0.95, share)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(score + 1e-12);
        expect(high).toBeGreaterThanOrEqual(score - 1e-12);
        expect(high).toBeGreaterThan(low);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 2, maxLength: 8 }), (scores) => {
        const found = [
          seedInterval(scores, 0.95, cider),
          imageInterval({ sums: scores, counts: scores.map(() => 1) }, 0.95, cider),
        ];
        for (const interval of found) {
          if (interval === undefined) continue;
          expect(interval.low).toBeGreaterThanOrEqual(0);
          expect(interval.high).toBeLessThanOrEqual(10);
        }
      }),
    );
  });

  test('are none where all seeds reached the bound, whose spread says nothing', () => {
    expect(seedInterval([1, 1, 1], 0.95, share)).toBeUndefined();
    expect(seedInterval([0, 0], 0.95, cider)).toBeUndefined();
    expect(seedInterval([0.5], 0.95, share)).toBeUndefined();
  });
});

describe('their coverage, by simulation', () => {
  const trials = 2000;
  const covers = (truth: number, interval: ScoreInterval | undefined) =>
    interval !== undefined && interval.low <= truth && truth <= interval.high;

  function coverage(name: string, truth: number, draw: (stream: RandomStream) => ScoreInterval | undefined): number {
    const stream = randomStream(1, 'coverage', name);
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) if (covers(truth, draw(stream))) covered++;
    return covered / trials;
  }

  const times = (count: number, draw: () => number) => Array.from({ length: count }, draw);

  test.each([3, 6, 12])('over %i seeds, of normal scores near a bound, is that of the t interval', (seeds) => {
    // Half of such intervals are cut at 1.
    const found = coverage(`seeds ${seeds}`, 0.99, (stream) =>
      seedInterval(
        times(seeds, () => 0.99 + 0.01 * stream.normal()),
        0.95,
        { low: 0, high: 1 },
      ),
    );
    expect(Math.abs(found - 0.95)).toBeLessThan(0.02);
  });

  test.each([
    [20, 0.5],
    [20, 0.9],
    [50, 0.9],
    [50, 0.98],
    [100, 0.98],
    [400, 0.98],
  ])('over %i images of three alike questions is near 95 percent for an accuracy of %f', (images, accuracy) => {
    const found = coverage(`accuracy ${images} ${accuracy}`, accuracy, (stream) => {
      // Half of the images answer all of their questions alike.
      const sums = times(images, () => {
        const answer = () => (stream.uniform() < accuracy ? 1 : 0);
        return stream.uniform() < 0.5 ? 3 * answer() : answer() + answer() + answer();
      });
      return imageInterval({ sums, counts: sums.map(() => 3) }, 0.95, share);
    });
    // Where about two images in a hundred hold the errors, too few of them show how alike the answers of an image are.
    expect(found).toBeGreaterThan(accuracy === 0.98 ? 0.905 : 0.93);
  });

  test('over images, of skewed scores, is less with fewer than 100 images, which pages say', () => {
    // As CIDEr-D: most images near 0, a few far above. Log-normal with the mean 1 and a skewness of about 6.
    const skewed = (stream: RandomStream) => Math.exp(stream.normal() - 0.5);
    const of = (images: number) =>
      coverage(`skewed ${images}`, 1, (stream) => {
        const sums = times(images, () => skewed(stream));
        return imageInterval({ sums, counts: sums.map(() => 1) }, 0.95, cider);
      });
    expect(of(20)).toBeLessThan(0.92);
    expect(of(400)).toBeGreaterThan(0.925);
  });

  test('over 6 seeds, of skewed effects, is what the note on the t test says', () => {
    const found = coverage('exponential', 1, (stream) =>
      seedInterval(
        times(6, () => -Math.log(1 - stream.uniform())),
        0.95,
      ),
    );
    expect(Math.abs(found - 0.89)).toBeLessThan(0.02);
  });
});
