import { describe, expect, test } from 'vitest';
import { studentTCdf, studentTQuantile, studentTTwoSided } from '../../../harness/statistics/student-t.js';

describe("Student's t", () => {
  // Closed forms for 1 to 4 degrees of freedom (Abramowitz & Stegun 26.7.3, 26.7.4).
  const closedForms: Readonly<Record<number, (t: number) => number>> = {
    1: (t) => 0.5 + Math.atan(t) / Math.PI,
    2: (t) => 0.5 + t / (2 * Math.sqrt(2 + t * t)),
    3: (t) => {
      const x = t / Math.sqrt(3);
      return 0.5 + (x / (1 + x * x) + Math.atan(x)) / Math.PI;
    },
    4: (t) => {
      const share = (t * t) / (4 + t * t);
      return 0.5 + (3 / 8) * Math.sign(t) * Math.sqrt(share) * (2 - (2 / 3) * share);
    },
  };

  test.each([1, 2, 3, 4])('agrees with the closed form for %i degrees of freedom', (degreesOfFreedom) => {
    for (let t = -12; t <= 12; t += 0.37) {
      expect(studentTCdf(t, degreesOfFreedom)).toBeCloseTo(closedForms[degreesOfFreedom]!(t), 12);
    }
  });

  // Critical values as tabulated, for example in the NIST/SEMATECH e-Handbook of Statistical Methods, §1.3.6.7.2.
  test.each([
    [0.95, 1, 6.314],
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 5, 2.571],
    [0.995, 5, 4.032],
    [0.975, 9, 2.262],
    [0.95, 10, 1.812],
    [0.99, 30, 2.457],
    [0.975, 100, 1.984],
    [0.999, 7, 4.785],
  ])('has the tabulated quantile of %f at %i degrees of freedom', (probability, degreesOfFreedom, tabulated) => {
    expect(Math.abs(studentTQuantile(probability, degreesOfFreedom) - tabulated)).toBeLessThanOrEqual(0.0005);
  });

  test('quantile and distribution are inverse to each other, and symmetric', () => {
    for (const degreesOfFreedom of [1, 2, 5, 9, 29.5, 400]) {
      for (const probability of [1e-6, 0.01, 0.2, 0.5, 0.77, 0.999]) {
        const t = studentTQuantile(probability, degreesOfFreedom);
        expect(studentTCdf(t, degreesOfFreedom)).toBeCloseTo(probability, 12);
        expect(studentTQuantile(1 - probability, degreesOfFreedom)).toBeCloseTo(
          -t,
          6 - Math.max(0, Math.log10(Math.abs(t) + 1)),
        );
      }
    }
  });

  test('approaches the normal distribution', () => {
    expect(studentTQuantile(0.975, 1e7)).toBeCloseTo(1.959964, 5);
  });

  test('gives the limits for infinite t and refuses what is not a number', () => {
    expect(studentTCdf(Number.POSITIVE_INFINITY, 3)).toBe(1);
    expect(studentTTwoSided(Number.NEGATIVE_INFINITY, 3)).toBe(0);
    expect(studentTTwoSided(0, 3)).toBe(1);
    expect(() => studentTCdf(Number.NaN, 3)).toThrow(RangeError);
    expect(() => studentTCdf(1, 0)).toThrow(RangeError);
    expect(() => studentTQuantile(1, 3)).toThrow(RangeError);
  });
});
