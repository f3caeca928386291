/** Widens 16-bit floats to float32: every F16 and BF16 value is exactly representable. */

export type FloatDtype = 'F32' | 'F16' | 'BF16';

export const isFloatDtype = (dtype: unknown): dtype is FloatDtype =>
  dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** 16-bit patterns to float32 values. */
export function dequantise(patterns: Uint16Array, dtype: 'F16' | 'BF16'): Float32Array {
  const values = new Float32Array(patterns.length);
  if (dtype === 'F16') {
    for (let i = 0; i < patterns.length; i++) values[i] = fromFloat16(patterns[i]!);
    return values;
  }
  // BF16 is the upper half of a float32.
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < patterns.length; i++) bits[i] = patterns[i]! << 16;
  return values;
}
