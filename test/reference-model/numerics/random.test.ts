import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox, randomStream } from '../../../reference-model/numerics/random.js';

describe('Philox4x32-10', () => {
  it('agrees with the known answers published with Random123 (kat_vectors)', () => {
    const full = 0xffffffff;
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox([full, full, full, full], [full, full])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });
});

describe('randomStream', () => {
  const draws = (...path: readonly (string | number)[]) => {
    const stream = randomStream(7, ...path);
    return Array.from({ length: 4 }, () => stream.uniform());
  };

  it('repeats for equal names and differs for different ones', () => {
    expect(draws('data', 3)).toEqual(draws('data', 3));
    for (const other of [['data', 4], ['data', '3'], ['data3'], ['dat', 'a', 3], ['data', 3, ''], []] as const) {
      expect(draws(...other)).not.toEqual(draws('data', 3));
    }
    expect(randomStream(8, 'data', 3).uniform()).not.toBe(draws('data', 3)[0]);
  });

  it('is uniform: each of 16 bins of 64,000 draws stays within five standard deviations', () => {
    const stream = randomStream(1, 'uniform');
    const bins = new Array<number>(16).fill(0);
    for (let i = 0; i < 64_000; i++) {
      const value = stream.uniform();
      expect(value >= 0 && value < 1).toBe(true);
      bins[Math.floor(value * 16)]! += 1;
    }
    for (const count of bins) expect(Math.abs(count - 4000)).toBeLessThan(5 * Math.sqrt(4000));
  });

  it('draws normals with the moments of the standard normal', () => {
    const stream = randomStream(2, 'normal');
    const n = 40_000;
    const moments = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const z = stream.normal();
      for (let k = 0; k < 4; k++) moments[k]! += z ** (k + 1) / n;
    }
    // Standard errors of the first four raw moments: 1, √2, √15, √96, each over √n.
    const expected = [0, 1, 0, 3];
    const spread = [1, 2, 15, 96];
    for (let k = 0; k < 4; k++)
      expect(Math.abs(moments[k]! - expected[k]!)).toBeLessThan(5 * Math.sqrt(spread[k]! / n));
  });

  it('shuffles into permutations, each of the six orders of three items equally often', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 40 }), fc.integer(), (items, seed) => {
        const shuffled = randomStream(seed, 'shuffle').shuffle(items);
        expect([...shuffled].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      }),
    );
    const stream = randomStream(3, 'orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = stream.shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });

  it('draws integers below the bound only and refuses bounds it cannot serve', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (below) => {
        const value = randomStream(4, below).integer(below);
        expect(Number.isInteger(value) && value >= 0 && value < below).toBe(true);
      }),
    );
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
      expect(() => randomStream(5).integer(bound)).toThrow('bound from 1 to 2^32');
    }
  });
});
