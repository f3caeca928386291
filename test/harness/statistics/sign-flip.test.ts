import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signFlipTest, smallestSignFlipP } from '../../../harness/statistics/sign-flip.js';

describe('the exact sign-flip test', () => {
  test('gives the smallest possible p when all differences have one sign', () => {
    expect(signFlipTest([0.57, 0.42, 0.78, 0.36, 0.53, 0.06])).toEqual({ p: 2 / 64, permutations: 64 });
    expect(signFlipTest([-1, -2, -3]).p).toBe(smallestSignFlipP(3));
  });

  test('counts by hand: one small difference against four large ones', () => {
    // |sum| = 1 + 2 + 3 + 4 − 0.5 = 9.5 is reached or passed by ± all with the 0.5 of either sign: 4 of 32 patterns.
    expect(signFlipTest([1, 2, 3, 4, -0.5]).p).toBe(4 / 32);
  });

  test('is 1 when the differences cancel out or are all zero', () => {
    expect(signFlipTest([1, -1]).p).toBe(1);
    expect(signFlipTest([0, 0, 0]).p).toBe(1);
  });

  test('counts ties that rounding would break', () => {
    // 0.1 + 0.2 − 0.3 is not exactly 0 in binary; on paper the flips of its sign are as extreme as itself.
    expect(signFlipTest([0.1, 0.2, -0.3]).p).toBe(1);
  });

  test('does not depend on order, on a common sign or on scale', () => {
    const differences = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(differences, fc.constantFrom(-1, 1, 8, -0.25), (values, factor) => {
        const { p } = signFlipTest(values);
        expect(signFlipTest(values.toReversed()).p).toBe(p);
        expect(signFlipTest(values.map((value) => value * factor)).p).toBe(p);
        expect(p).toBeGreaterThanOrEqual(smallestSignFlipP(values.length));
      }),
    );
  });

  test('refuses more pairs than it can enumerate', () => {
    expect(() => signFlipTest(new Array(21).fill(1))).toThrow(RangeError);
    expect(() => signFlipTest([])).toThrow(RangeError);
  });
});
