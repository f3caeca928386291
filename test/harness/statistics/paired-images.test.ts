import { describe, expect, test } from 'vitest';
import { pairedDifferences, pairedImageDifference } from '../../../harness/statistics/paired-images.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

/** Per-image scores like CIDEr-D: on a scale of 0–10, many images near 0, some far up; the two systems share what is hard. */
function captionScores(images: number, loss: number, stream: ReturnType<typeof randomStream>) {
  const baseline = new Float64Array(images);
  const candidate = new Float64Array(images);
  for (let image = 0; image < images; image++) {
    const ease = -Math.log(1 - stream.uniform());
    // 3 of 10 captions are the same word for word.
    const same = stream.uniform() < 0.3;
    baseline[image] = ease;
    candidate[image] = same ? ease : ease - loss / 0.7 + (stream.normal() * Math.sqrt(ease) * 0.9) / Math.sqrt(0.7);
  }
  return { candidate, baseline };
}

describe('the paired difference over images', () => {
  test('is the difference of the means, its interval that of a t interval for many images', () => {
    const { candidate, baseline } = captionScores(2000, 0.1, randomStream(1, 'many images'));
    const changes = candidate.map((value, image) => value - baseline[image]!);
    const mean = changes.reduce((sum, change) => sum + change, 0) / 2000;
    const error = Math.sqrt(changes.reduce((sum, change) => sum + (change - mean) ** 2, 0) / 1999 / 2000);
    const { difference, low, high, images } = pairedImageDifference(candidate, baseline, { resamples: 4000 });
    expect(images).toBe(2000);
    expect(difference).toBeCloseTo(mean, 12);
    // An end of the interval is a quantile of 4,000 resamples: 4 of its standard errors are 0.17 standard errors of the mean.
    expect(Math.abs(low - (mean - 1.96 * error))).toBeLessThan(0.25 * error);
    expect(Math.abs(high - (mean + 1.96 * error))).toBeLessThan(0.25 * error);
  });

  test('p agrees with the normal approximation of the sign-flip distribution', () => {
    const { candidate, baseline } = captionScores(1500, 0.04, randomStream(4, 'sign flips'));
    const changes = candidate.map((value, image) => value - baseline[image]!);
    const sum = changes.reduce((total, change) => total + change, 0);
    const z = Math.abs(sum) / Math.sqrt(changes.reduce((total, change) => total + change * change, 0));
    const normalP = 2 * (1 - normalByApproximation(z));
    const { p } = pairedImageDifference(candidate, baseline, { resamples: 10_000 });
    expect(Math.abs(p - normalP)).toBeLessThan(4 * Math.sqrt((normalP * (1 - normalP)) / 10_000) + 0.002);
  });

  test('is 0 with p = 1 for equal systems, and repeatable', () => {
    const scores = Float64Array.from({ length: 50 }, (_, image) => image % 7);
    expect(pairedImageDifference(scores, scores, { resamples: 200 })).toEqual({
      difference: 0,
      low: 0,
      high: 0,
      level: 0.95,
      p: 1,
      images: 50,
    });
    const other = scores.map((value, image) => value + (image % 3));
    const options = { resamples: 200, seed: 5 };
    expect(pairedImageDifference(other, scores, options)).toEqual(pairedImageDifference(other, scores, options));
  });

  test('swaps sign with the sides and widens with the level', () => {
    const { candidate, baseline } = captionScores(200, 0.1, randomStream(2, 'sides'));
    const there = pairedImageDifference(candidate, baseline, { resamples: 2000 });
    const back = pairedImageDifference(baseline, candidate, { resamples: 2000 });
    expect(back.difference).toBeCloseTo(-there.difference, 12);
    expect(back.low).toBeCloseTo(-there.high, 9);
    expect(back.p).toBe(there.p);
    const wide = pairedImageDifference(candidate, baseline, { resamples: 2000, level: 0.99 });
    expect(wide.low).toBeLessThan(there.low);
    expect(wide.high).toBeGreaterThan(there.high);
  });

  test('takes ratios of sums by image, and shares columns between comparisons', () => {
    // Correct answers and questions of each image: the score is the share over all questions, not the mean of shares.
    const questions = Float64Array.of(1, 4, 2, 3);
    const right = Float64Array.of(1, 1, 2, 0);
    const wrong = Float64Array.of(0, 1, 1, 0);
    const ratio = ([sum, count]: readonly number[]) => sum! / count!;
    const comparison = { candidate: [right, questions], baseline: [wrong, questions], score: ratio };
    const [first, second] = pairedDifferences([comparison, comparison], { resamples: 300 });
    expect(first!.difference).toBeCloseTo(4 / 10 - 2 / 10, 12);
    expect(second).toEqual(first);
    // Exchanges of images 1 and 3 matter: (1, 1), (1, −1), (−1, 1), (−1, −1): half of them are as far from 0 as the observed 2 ÷ 10.
    expect(first!.p).toBeGreaterThan(0.5 - 4 * Math.sqrt(0.25 / 300));
    expect(first!.p).toBeLessThan(0.5 + 4 * Math.sqrt(0.25 / 300));
  });

  test('refuses one image and images that are not shared', () => {
    expect(() => pairedImageDifference(Float64Array.of(1), Float64Array.of(2))).toThrow(RangeError);
    expect(() => pairedImageDifference(Float64Array.of(1, 2, 3), Float64Array.of(2, 3))).toThrow(RangeError);
    expect(pairedDifferences([])).toEqual([]);
  });

  test.each([200, 1000])('covers as stated with %i images and scores like CIDEr-D', (images) => {
    const trials = images === 200 ? 800 : 400;
    const stream = randomStream(images, 'coverage');
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { candidate, baseline } = captionScores(images, 0.05, stream);
      const { low, high } = pairedImageDifference(candidate, baseline, { resamples: 400, seed: trial });
      if (low <= -0.05 && high >= -0.05) covered++;
    }
    expect(Math.abs(covered / trials - 0.95)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / trials));
  });
});

/** Φ by the polynomial approximation (Abramowitz & Stegun 26.2.17), error below 7.5e-8. */
function normalByApproximation(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
