import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalsFor,
  formatChosen,
  formatCount,
  formatDuration,
  formatFixed,
  formatInterval,
  formatLevel,
  formatP,
  formatSigned,
  formatWithPrefix,
} from '../../reports/numbers.js';

describe('numbers of the reports', () => {
  it('writes a true minus sign, and none before a rounded zero', () => {
    expect(formatFixed(-1.25, 1)).toBe('−1.3');
    expect(formatFixed(-0.0004, 3)).toBe('0.000');
    expect(formatSigned(0.391, 2)).toBe('+0.39');
    expect(formatSigned(0.0001, 2)).toBe('0.00');
    expect(formatSigned(-0.391, 2)).toBe('−0.39');
  });

  it('groups thousands', () => {
    expect(formatCount(1228800)).toBe('1,228,800');
    expect(formatCount(999)).toBe('999');
    expect(formatFixed(-1234567.891, 2)).toBe('−1,234,567.89');
  });

  it('writes intervals and p-values as journals do', () => {
    expect(formatInterval({ low: 0.12, high: 0.56 }, 2)).toBe('[0.12, 0.56]');
    expect(formatInterval({ low: -0.05, high: 0.5 }, 2)).toBe('[−0.05, 0.50]');
    expect(formatP(0.03125)).toBe('p = .031');
    expect(formatP(0.0002)).toBe('p < .001');
    expect(formatP(1)).toBe('p = 1');
    expect(formatP(0.9998)).toBe('p > .999');
  });

  it('writes what is not defined as a dash', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(formatFixed(value, 2)).toBe('–');
      expect(formatDuration(value)).toBe('–');
      expect(formatWithPrefix(value, 'B')).toBe('–');
    }
    expect(formatP(Number.NaN)).toBe('p –');
  });

  it('carries seconds into minutes and minutes into hours', () => {
    expect(formatDuration(0.84)).toBe('0.8 s');
    expect(formatDuration(59.4)).toBe('59 s');
    expect(formatDuration(59.6)).toBe('1 min 00 s');
    expect(formatDuration(192)).toBe('3 min 12 s');
    expect(formatDuration(7500)).toBe('2 h 05 min');
    expect(formatDuration(3599.9)).toBe('1 h 00 min');
  });

  it('chooses prefixes with three significant digits', () => {
    expect(formatWithPrefix(412_000_000, 'B')).toBe('412 MB');
    expect(formatWithPrefix(1.4e12, 'FLOP')).toBe('1.40 TFLOP');
    expect(formatWithPrefix(999_900, 'B')).toBe('1.00 MB');
  });

  it('reads back to the value that it rounds', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.integer({ min: 0, max: 6 }),
        (value, decimals) => {
          const read = Number(formatFixed(value, decimals).replace('−', '-').replaceAll(',', ''));
          expect(Math.abs(read - value)).toBeLessThanOrEqual(0.5000001 * 10 ** -decimals + 1e-9);
        },
      ),
    );
  });

  it('gives a column at least three significant digits of its largest value', () => {
    expect(decimalsFor([0.2, -0.4])).toBe(3);
    expect(decimalsFor([0.2, 44.1])).toBe(2);
    expect(decimalsFor([144.8])).toBe(1);
    expect(decimalsFor([1e6, Number.NaN])).toBe(0);
    expect(decimalsFor([])).toBe(3);
    expect(decimalsFor([0.0107, -0.0002, 0.0216])).toBe(4);
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e6, noNaN: true }), (value) => {
        const shown = Number(formatFixed(value, decimalsFor([value])).replaceAll(',', ''));
        expect(Math.abs(shown - value) / value).toBeLessThanOrEqual(0.005 + 1e-9);
      }),
    );
  });

  it('keeps every digit of a number that was chosen', () => {
    expect([6000, 1234, 1234.5, 0.0125, 0.1, 0, -25].map(formatChosen)).toEqual([
      '6,000',
      '1,234',
      '1,234.5',
      '0.0125',
      '0.1',
      '0',
      '−25',
    ]);
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (digits, decimals) => {
        const chosen = Number(`${digits}e-${decimals}`);
        expect(Number(formatChosen(chosen).replace('−', '-').replaceAll(',', ''))).toBe(chosen + 0);
      }),
    );
    expect(formatChosen(0.05 / 3)).toBe('0.0167');
    expect(formatChosen(0.07 * 100)).toBe('7');
  });

  it('writes levels of intervals with a decimal where they have one, and never claims 100 per cent', () => {
    expect([0.95, 0.975, 1 - 0.05 / 3, 0.9, 0.9996, 0.99999].map(formatLevel)).toEqual([
      '95',
      '97.5',
      '98.3',
      '90',
      '99.96',
      '99.999',
    ]);
  });
});
