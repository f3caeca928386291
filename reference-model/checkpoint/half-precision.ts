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

/** Of every pattern of binary16: a look-up is several times faster than the arithmetic. */
let float16Values: Float32Array | undefined;

function valuesOfFloat16(): Float32Array {
  float16Values ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromFloat16(bits));
  return float16Values;
}

/** Widens 16-bit patterns into an array of float32 values, from a place on. */
export function widenInto(target: Float32Array, patterns: Uint16Array, dtype: 'F16' | 'BF16', offset = 0): void {
  if (dtype === 'F16') {
    const values = valuesOfFloat16();
    for (let i = 0; i < patterns.length; i++) target[offset + i] = values[patterns[i]!]!;
    return;
  }
  // BF16 is the upper half of a float32. Two patterns at a time, from one word: little-endian, as the files and all that Node runs on.
  const { length } = patterns;
  const bits = new Uint32Array(target.buffer, target.byteOffset + 4 * offset, length);
  const isAligned = patterns.byteOffset % 4 === 0;
  const pairs = isAligned ? length >> 1 : 0;
  const words = isAligned ? new Uint32Array(patterns.buffer, patterns.byteOffset, pairs) : new Uint32Array(0);
  for (let i = 0; i < pairs; i++) {
    const word = words[i]!;
    bits[2 * i] = word << 16;
    bits[2 * i + 1] = word & 0xffff_0000;
  }
  for (let i = 2 * pairs; i < length; i++) bits[i] = patterns[i]! << 16;
}

/** 16-bit patterns to float32 values. */
export function dequantise(patterns: Uint16Array, dtype: 'F16' | 'BF16'): Float32Array {
  const values = new Float32Array(patterns.length);
  widenInto(values, patterns, dtype);
  return values;
}
