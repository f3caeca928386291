/** The arithmetic-only functions against the built-in ones and against closed forms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cubeRoot, exponential, naturalLogarithm } from '../../metrics/numerics/deterministic-math.js';
import { normalDistribution, normalQuantile } from '../../metrics/numerics/normal-distribution.js';

const UNIT = 2 ** -52;

describe('naturalLogarithm', () => {
  it('is within 1.5 units in the last place of the built-in one', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(naturalLogarithm(x) - Math.log(x))).toBeLessThanOrEqual(1.5 * UNIT * Math.abs(Math.log(x)));
      }),
      { numRuns: 5000 },
    );
    for (let n = 1; n <= 50_000; n += 7) {
      expect(Math.abs(naturalLogarithm(n) - Math.log(n))).toBeLessThanOrEqual(1.5 * UNIT * Math.log(n));
    }
  });

  it('has the limits of the logarithm', () => {
    expect(naturalLogarithm(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(naturalLogarithm(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(naturalLogarithm(-1)).toBeNaN();
    expect(naturalLogarithm(5e-324)).toBeCloseTo(-744.4400719213812, 10);
  });
});

describe('exponential', () => {
  it('is within 2 units in the last place of the built-in one', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThanOrEqual(2 * UNIT);
      }),
      { numRuns: 5000 },
    );
  });

  it('has the limits of the exponential', () => {
    expect(exponential(-1e16)).toBe(0);
    expect(exponential(1000)).toBe(Number.POSITIVE_INFINITY);
    expect(exponential(0)).toBe(1);
    expect(exponential(Number.NaN)).toBeNaN();
  });
});

it('cubeRoot inverts the cube', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e60, max: 1e60, noNaN: true }), (x) => {
      fc.pre(Math.abs(x) > 1e-60);
      const root = cubeRoot(x);
      expect(Math.abs((root * root * root) / x - 1)).toBeLessThan(1e-14);
    }),
  );
});

it('the normal distribution has its tabulated values', () => {
  expect(normalDistribution(1.959963984540054)).toBeCloseTo(0.975, 14);
  expect(normalDistribution(-1)).toBeCloseTo(0.15865525393145707, 14);
  expect(normalQuantile(0.025)).toBeCloseTo(-1.959963984540054, 10);
  expect(normalQuantile(normalDistribution(0.7))).toBeCloseTo(0.7, 12);
});
