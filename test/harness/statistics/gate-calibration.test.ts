import { describe, expect, test } from 'vitest';
import { chiSquareQuantile } from '../../../harness/statistics/chi-square.js';
import { gateCalibration } from '../../../harness/statistics/gate-calibration.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

describe('chi-square quantiles', () => {
  // scipy 1.17: chi2.ppf(probability, df)
  test.each([
    [0.1, 1, 0.01579077409343122],
    [0.1, 2, 0.21072103131565273],
    [0.1, 5, 1.6103079869623227],
    [0.5, 9, 8.342832692252955],
    [0.975, 20, 34.16960690283833],
  ])('of %f with %i degrees of freedom agree with scipy', (probability, degreesOfFreedom, quantile) => {
    expect(chiSquareQuantile(probability, degreesOfFreedom)).toBeCloseTo(quantile, 9);
  });

  // mpmath 1.3, 30 digits: the root of gammainc(df / 2, 0, x / 2, regularized=True) − probability
  test.each([
    [0.1, 1999, 1918.408134112908],
    [0.975, 4000, 4177.191056286184],
  ])('of %f with %i degrees of freedom agree with mpmath', (probability, degreesOfFreedom, quantile) => {
    expect(chiSquareQuantile(probability, degreesOfFreedom)).toBeCloseTo(quantile, 7);
  });

  test('refuse what has none', () => {
    expect(() => chiSquareQuantile(1, 3)).toThrow(RangeError);
    expect(() => chiSquareQuantile(0.5, 1.5)).toThrow(RangeError);
  });
});

describe('the calibrated margin', () => {
  // scipy 1.17: norm.isf(0.025) * (k / chi2.ppf(0.1, k)) ** 0.5
  test.each([
    [1, 15.597190652432626],
    [5, 3.4536523580818983],
    [20, 2.4848910863420466],
  ])('of %i A/A pairs is the tolerance factor times their spread', (pairs, factor) => {
    const differences = Array.from({ length: pairs }, (_, index) => (index % 2 === 0 ? 0.1 : -0.1));
    const { margin, standardDeviation, falseAlarmRate } = gateCalibration(differences);
    expect(standardDeviation).toBeCloseTo(0.1, 12);
    expect(margin).toBeCloseTo(0.1 * factor, 9);
    expect(falseAlarmRate).toBeLessThanOrEqual(0.025);
  });

  test('says how few pairs there are, and proposes nothing where they do not differ', () => {
    expect(gateCalibration([0.1]).sentence).toContain('From 1 A/A difference: with 90 % confidence at most 2.5 %');
    expect(gateCalibration([0.1]).sentence).toContain('8.0 times as wide');
    expect(gateCalibration([0, 0]).margin).toBeUndefined();
    expect(gateCalibration([0, 0]).sentence).toContain('no margin follows');
    expect(() => gateCalibration([])).toThrow(RangeError);
    expect(() => gateCalibration([Number.NaN])).toThrow(RangeError);
  });

  test.each([1, 4, 12])('holds its false-alarm rate with the stated confidence for %i pairs', (pairs) => {
    const trials = 4000;
    const stream = randomStream(pairs, 'calibration');
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { margin } = gateCalibration(Array.from({ length: pairs }, () => stream.normal()));
      // Of standard normal A/A differences 2.5 % lose 1.959964 or more.
      if (margin! >= 1.959964) held++;
    }
    expect(Math.abs(held / trials - 0.9)).toBeLessThan(4 * Math.sqrt((0.9 * 0.1) / trials));
  });
});
