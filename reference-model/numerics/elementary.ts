/**
 * exp, log, sin and cos in float64 from +, −, ×, ÷ alone, so that their bits are the same on every machine. The functions of
 * `Math` may differ between JavaScript engines and versions (ECMA-262 leaves their precision open) and must not feed a record.
 * Accuracy: a few units in the last place over the stated ranges.
 */

/** ln 2 in two parts; the first has 33 significant bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471804855391;
const LN2_LOW = 7.440617110012397e-11;

/** π/2 in three parts; the first two have 33 significant bits, so that their products with integers below 2²⁰ are exact. */
const HALF_PI_PARTS = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;

/** Largest argument of `sin` and `cos`: beyond it the range reduction would lose digits. */
const LARGEST_ANGLE = 2 ** 20;

const bits = new DataView(new ArrayBuffer(8));

/** 2^exponent for a normal result, −1022 ≤ exponent ≤ 1023. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** Σ coefficients[i] · xⁱ by Horner's rule. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}

/** 1/k! for k = first, first + 2, …, with alternating signs: the series of sine (first = 3) and cosine (first = 4). */
function alternatingInverseFactorials(first: number, terms: number, firstSign: number): number[] {
  const coefficients: number[] = [];
  let factorial = 1;
  for (let k = 2; k <= first; k++) factorial *= k;
  for (let i = 0, k = first, sign = firstSign; i < terms; i++, sign = -sign) {
    coefficients.push(sign / factorial);
    factorial *= (k + 1) * (k + 2);
    k += 2;
  }
  return coefficients;
}

const EXPONENTIAL_SERIES = (() => {
  const coefficients: number[] = [];
  for (let k = 0, factorial = 1; k <= 14; k++) {
    if (k > 0) factorial *= k;
    coefficients.push(1 / factorial);
  }
  return coefficients;
})();

/** 2/(2k + 3): the tail of 2·artanh(s)/s − 2 in s². */
const LOGARITHM_SERIES = Array.from({ length: 12 }, (_, k) => 2 / (2 * k + 3));
const SINE_SERIES = alternatingInverseFactorials(3, 9, -1);
const COSINE_SERIES = alternatingInverseFactorials(4, 8, 1);

/** eˣ. Overflows to Infinity and underflows to 0 as `Math.exp` does. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const exponent = Math.round(x / Math.LN2);
  const reduced = x - exponent * LN2_HIGH - exponent * LN2_LOW; // |reduced| ≤ ln 2 / 2
  const mantissa = polynomial(EXPONENTIAL_SERIES, reduced);
  // Two factors, because 2^exponent alone may be infinite or subnormal where the product is not.
  const half = Math.floor(exponent / 2);
  return mantissa * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** Natural logarithm; −Infinity at 0 and NaN below. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  const subnormal = x < 2 ** -1022;
  bits.setFloat64(0, subnormal ? x * 2 ** 54 : x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023 - (subnormal ? 54 : 0);
  bits.setUint32(0, (high & 0xfffff) | (1023 << 20));
  let mantissa = bits.getFloat64(0); // [1, 2)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // log m = 2·artanh(s) with s = (m − 1)/(m + 1), |s| < 0.172; written as f − s·(f − tail) so that f = m − 1 stays exact.
  const f = mantissa - 1;
  const s = f / (mantissa + 1);
  const square = s * s;
  const tail = square * polynomial(LOGARITHM_SERIES, square);
  return exponent * LN2_HIGH + (f - (s * (f - tail) - exponent * LN2_LOW));
}

/** baseˣ for base > 0, as exp(x · log base). */
export function power(base: number, x: number): number {
  return exp(x * log(base));
}

/** x − n·π/2 in [−π/4, π/4] and n modulo 4. */
function reduceAngle(x: number): { readonly reduced: number; readonly quadrant: number } {
  if (!(Math.abs(x) <= LARGEST_ANGLE)) throw new RangeError(`An angle must lie within ±2^20, got ${x}.`);
  const n = Math.round(x / (Math.PI / 2));
  const [first, second, third] = HALF_PI_PARTS;
  const reduced = x - n * first - n * second - n * third;
  return { reduced, quadrant: ((n % 4) + 4) % 4 };
}

function sineKernel(x: number): number {
  const square = x * x;
  return x + x * square * polynomial(SINE_SERIES, square);
}

function cosineKernel(x: number): number {
  const square = x * x;
  return 1 - (square / 2 - square * square * polynomial(COSINE_SERIES, square));
}

/** Sine of an angle in radians, |x| ≤ 2²⁰. */
export function sin(x: number): number {
  const { reduced, quadrant } = reduceAngle(x);
  const value = quadrant % 2 === 0 ? sineKernel(reduced) : cosineKernel(reduced);
  return quadrant < 2 ? value : -value;
}

/** Cosine of an angle in radians, |x| ≤ 2²⁰. */
export function cos(x: number): number {
  const { reduced, quadrant } = reduceAngle(x);
  const value = quadrant % 2 === 0 ? cosineKernel(reduced) : sineKernel(reduced);
  return quadrant === 0 || quadrant === 3 ? value : -value;
}
