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

  test('refuses to test nothing', () => {
    expect(() => signFlipTest([])).toThrow(RangeError);
  });
});

describe('the sampled sign-flip test', () => {
  test('agrees with the exact distribution within Monte-Carlo error', () => {
    // 24 differences of one size: the sum depends only on how many are negative, so p is a binomial tail.
    const differences = Array.from({ length: 24 }, (_, index) => (index < 17 ? 1 : -1));
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    let tail = 0;
    for (let negative = 0; negative <= 7; negative++) tail += (2 * choose(24, negative)) / 2 ** 24;
    const permutations = 20_000;
    const { p } = signFlipTest(differences, { permutations });
    expect(Math.abs(p - tail)).toBeLessThan(4 * Math.sqrt((tail * (1 - tail)) / permutations));
  });

  test('is never 0 and is repeatable', () => {
    const differences = Array.from({ length: 40 }, (_, index) => 1 + index / 40);
    expect(signFlipTest(differences, { permutations: 999 })).toEqual({ p: 1 / 1000, permutations: 999 });
    expect(signFlipTest(differences, { permutations: 500, seed: 7 })).toEqual(
      signFlipTest(differences, { permutations: 500, seed: 7 }),
    );
  });
});
