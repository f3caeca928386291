import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisRange } from '../../reports/charts/axis-ticks.js';

describe('axisRange', () => {
  it('covers the data with few round ticks that their labels show exactly', () => {
    const value = fc.double({ min: -1e5, max: 1e5, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.integer({ min: 3, max: 9 }), (values, ticks) => {
        const span = Math.max(...values) - Math.min(...values);
        fc.pre(span === 0 || span > 1e-6);
        const { min, max, interval, decimals } = axisRange(values, ticks);
        const slack = interval * 1e-6;
        expect(min).toBeLessThanOrEqual(Math.min(...values) + slack);
        expect(max).toBeGreaterThanOrEqual(Math.max(...values) - slack);
        expect(max).toBeGreaterThan(min);
        expect((max - min) / interval).toBeLessThanOrEqual(2 * ticks + 2);
        expect(Math.abs(Number(interval.toFixed(decimals)) - interval)).toBeLessThanOrEqual(slack);
      }),
    );
  });

  it('gives textbook ticks', () => {
    expect(axisRange([0.03, 0.97], 5)).toEqual({ min: 0, max: 1, interval: 0.2, decimals: 1 });
    expect(axisRange([0, 1000], 5)).toEqual({ min: 0, max: 1000, interval: 200, decimals: 0 });
    expect(axisRange([-0.38, 0.08], 5)).toEqual({ min: -0.4, max: 0.1, interval: 0.1, decimals: 1 });
  });

  it('gives an axis to nothing and to what is not finite', () => {
    expect(axisRange([], 5)).toEqual({ min: 0, max: 1, interval: 0.5, decimals: 1 });
    expect(axisRange([Number.NaN, Number.POSITIVE_INFINITY], 5)).toEqual({
      min: 0,
      max: 1,
      interval: 0.5,
      decimals: 1,
    });
  });
});
