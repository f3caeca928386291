import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cos, exp, log, power, sin } from '../../../reference-model/numerics/elementary.js';

/** Distance in units of the last place of the expected value. */
function ulps(actual: number, expected: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(expected));
  view.setBigInt64(0, view.getBigInt64(0) + 1n);
  return Math.abs(actual - expected) / (view.getFloat64(0) - Math.abs(expected));
}

const runs = { numRuns: 3000 };
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe('elementary functions agree with Math to a few units in the last place', () => {
  it('exp', () => {
    fc.assert(
      fc.property(between(-700, 709), (x) => {
        expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(3);
      }),
      runs,
    );
    expect(exp(0)).toBe(1);
    expect(exp(710)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(-800)).toBe(0);
    expect(exp(-740)).toBeCloseTo(Math.exp(-740), 320);
    expect(exp(Number.NaN)).toBeNaN();
  });

  it('log', () => {
    const positive = between(Number.MIN_VALUE, Number.MAX_VALUE);
    fc.assert(
      fc.property(fc.oneof(positive, between(0.5, 2)), (x) => {
        if (x !== 1) expect(ulps(log(x), Math.log(x))).toBeLessThanOrEqual(3);
      }),
      runs,
    );
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log(-1)).toBeNaN();
    expect(log(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it('sin and cos, near multiples of π/2 too', () => {
    const multiple = fc.integer({ min: -600_000, max: 600_000 }).map((n) => n * (Math.PI / 2));
    fc.assert(
      fc.property(fc.oneof(between(-10, 10), between(-1e6, 1e6), multiple), (x) => {
        expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(4e-16);
        expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(4e-16);
      }),
      runs,
    );
    expect(() => sin(2 ** 21)).toThrow('within ±2^20');
    expect(() => cos(Number.NaN)).toThrow('within ±2^20');
  });

  it('power', () => {
    fc.assert(
      fc.property(between(1e-3, 1e6), between(-4, 4), (base, x) => {
        const expected = base ** x;
        expect(Math.abs(power(base, x) - expected) / expected).toBeLessThan(2e-14);
      }),
      runs,
    );
  });
});
