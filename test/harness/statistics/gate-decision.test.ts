import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gateDecision } from '../../../harness/statistics/gate-decision.js';
import { pairedImageDifference } from '../../../harness/statistics/paired-images.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

describe('the decision of the gate', () => {
  test.each([
    ['pass', { difference: 0, low: -0.04, high: 0.04 }],
    ['pass', { difference: -0.02, low: -0.04, high: -0.01 }],
    ['pass', { difference: 1, low: 0.9, high: 1.1 }],
    ['inconclusive', { difference: 0, low: -0.05, high: 0.05 }],
    ['inconclusive', { difference: -0.04, low: -0.06, high: -0.02 }],
    ['inconclusive', { difference: -0.1, low: -0.2, high: 0 }],
    ['regression', { difference: -0.05, low: -0.06, high: -0.01 }],
    ['regression', { difference: -0.3, low: -0.4, high: -0.2 }],
  ] as const)('is %s for %o at a margin of .05', (verdict, interval) => {
    expect(gateDecision({ ...interval, margin: 0.05 })).toBe(verdict);
  });

  test('passes and regresses never at once, and no larger loss turns a regression into a pass', () => {
    const distance = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 5, noNaN: true }),
        distance,
        distance,
        distance,
        (difference, below, above, margin) => {
          const interval = { difference, low: difference - below, high: difference + above };
          const passes = interval.low > -margin;
          const regresses = interval.high < 0 && difference <= -margin;
          expect(passes && regresses).toBe(false);
          const verdict = gateDecision({ ...interval, margin });
          expect(verdict).toBe(passes ? 'pass' : regresses ? 'regression' : 'inconclusive');
          const order = ['pass', 'inconclusive', 'regression'];
          const worse = { difference: difference - 0.5, low: interval.low - 0.5, high: interval.high - 0.5 };
          expect(order.indexOf(gateDecision({ ...worse, margin }))).toBeGreaterThanOrEqual(order.indexOf(verdict));
        },
      ),
    );
  });

  test('refuses numbers that are no interval', () => {
    expect(() => gateDecision({ difference: Number.NaN, low: 0, high: 1, margin: 0 })).toThrow(RangeError);
    expect(() => gateDecision({ difference: 0, low: -1, high: 1, margin: -1 })).toThrow(RangeError);
    expect(() => gateDecision({ difference: 2, low: -1, high: 1, margin: 1 })).toThrow(RangeError);
  });
});

describe('by simulation at 1,000 images', () => {
  // Differences of CIDEr-D (0–10) per image with a standard deviation of 0.9: the standard error is .028, and a margin of .1 is what a
  // gate on 1,000 images can hold.
  const images = 1000;
  const margin = 0.1;
  const trials = 600;

  function shareOf(verdict: string, loss: number): number {
    const stream = randomStream(1, 'gate', verdict, loss);
    let count = 0;
    for (let trial = 0; trial < trials; trial++) {
      const baseline = Float64Array.from({ length: images }, () => -Math.log(1 - stream.uniform()));
      // Variance .81 in all; harder images change less.
      const candidate = baseline.map((score) => score - loss + 0.9 * Math.sqrt(score) * stream.normal());
      const interval = pairedImageDifference(candidate, baseline, { resamples: 300, seed: trial });
      if (gateDecision({ ...interval, margin }) === verdict) count++;
    }
    return count / trials;
  }

  test('without a difference it raises a regression in at most 2.5 % of cases', () => {
    expect(shareOf('regression', 0)).toBeLessThanOrEqual(0.025);
  });

  test('and at no margin at all in about 2.5 %, which is the error of the interval', () => {
    const stream = randomStream(1, 'gate without margin');
    let count = 0;
    for (let trial = 0; trial < trials; trial++) {
      const baseline = new Float64Array(images);
      const candidate = baseline.map(() => 0.9 * stream.normal());
      const interval = pairedImageDifference(candidate, baseline, { resamples: 300, seed: trial });
      if (gateDecision({ ...interval, margin: 0 }) === 'regression') count++;
    }
    expect(count / trials).toBeLessThan(0.025 + 4 * Math.sqrt((0.025 * 0.975) / trials));
  });

  test('a true loss of twice the margin is caught in at least 95 % of cases', () => {
    expect(shareOf('regression', 2 * margin)).toBeGreaterThanOrEqual(0.95);
  });

  test('a loss of the margin passes in at most 2.5 % of cases, but for Monte-Carlo error', () => {
    expect(shareOf('pass', margin)).toBeLessThan(0.025 + 4 * Math.sqrt((0.025 * 0.975) / trials));
  });
});
