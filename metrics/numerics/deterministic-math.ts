/**
 * Natural logarithm, exponential and cube root from + − × ÷ and sqrt alone.
 * Scores feed records that must be bit-identical on every machine, and `Math.log`, `Math.exp` and `Math.pow` differ
 * between engine versions; these functions round the same way everywhere and stay within about one unit in the last place.
 */

// ln 2 split so that k · LN2_HIGH is exact for |k| < 2^20 (the low 21 bits of LN2_HIGH are zero).
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;

const TWO_52 = 4503599627370496;

// The series of 2·artanh(s) after its first term: 2/3, 2/5, … in powers of s².
const ARTANH = Array.from({ length: 11 }, (_, index) => 2 / (2 * index + 3));

const bytes = new DataView(new ArrayBuffer(8));

/** ln x; NaN below zero, −Infinity at zero. */
export function naturalLogarithm(x: number): number {
  if (x === 1) return 0;
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  let value = x;
  let exponent = 0;
  if (value < 2.2250738585072014e-308) {
    value *= TWO_52;
    exponent = -52;
  }
  bytes.setFloat64(0, value);
  const high = bytes.getUint32(0);
  exponent += (high >>> 20) - 1023;
  bytes.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = bytes.getFloat64(0); // [1, 2)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const square = s * s;
  let series = 0;
  for (let index = ARTANH.length - 1; index >= 0; index--) series = (series + ARTANH[index]!) * square;
  // ln(1 + f) = 2s + s·series, and 2s = f − s·f: f is exact, so only the small correction carries rounding error.
  return exponent * LN2_HIGH + (f - (s * (f - series) - exponent * LN2_LOW));
}

/** e^x; 0 below the range of doubles, Infinity above it. */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const remainder = x - k * LN2_HIGH - k * LN2_LOW; // |remainder| ≤ ln 2 / 2
  let series = 1;
  for (let index = 14; index >= 2; index--) series = 1 + (series * remainder) / index;
  const value = 1 + remainder * series;
  // Two steps, so that results below the smallest normal number are reached without an underflowing factor.
  const half = k >> 1;
  return value * powerOfTwo(half) * powerOfTwo(k - half);
}

/** The real cube root, by Newton's method from a power-of-two estimate. */
export function cubeRoot(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const magnitude = x < 0 ? -x : x;
  let root = exponential(naturalLogarithm(magnitude) / 3);
  for (let step = 0; step < 2; step++) root -= (root - magnitude / (root * root)) / 3;
  return x < 0 ? -root : root;
}

function powerOfTwo(exponent: number): number {
  bytes.setUint32(0, (exponent + 1023) << 20);
  bytes.setUint32(4, 0);
  return bytes.getFloat64(0);
}
