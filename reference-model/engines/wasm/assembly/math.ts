/**
 * Elementary functions on four f32 lanes from + - * / and bit operations only, so that they give equal bits on every machine.
 * Strict SIMD: no fused multiply-add, no relaxed instructions.
 */

// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the lanes, in the order (0 + 2) + (1 + 3). */
// @ts-ignore: decorator
@inline
export function horizontalSum(x: v128): f32 {
  const pairs = f32x4.add(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
export function horizontalMaximum(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** (e^r - 1 - r) / r² for |r| <= ln 2 / 2: Taylor series to r⁵, remainder below 1e-8. */
// @ts-ignore: decorator
@inline
function exponentialTail(r: v128): v128 {
  let tail = multiplyAdd(f32x4.splat(1.0 / 5040.0), r, f32x4.splat(1.0 / 720.0));
  tail = multiplyAdd(tail, r, f32x4.splat(1.0 / 120.0));
  tail = multiplyAdd(tail, r, f32x4.splat(1.0 / 24.0));
  tail = multiplyAdd(tail, r, f32x4.splat(1.0 / 6.0));
  return multiplyAdd(tail, r, f32x4.splat(0.5));
}

/** 1.5·2²³: adding it to x / ln 2 leaves the rounded quotient n in the low mantissa bits. */
const ROUNDING: f32 = 12582912.0;

// @ts-ignore: decorator
@inline
export function roundedQuotient(x: v128): v128 {
  return multiplyAdd(x, f32x4.splat(1.4426950408889634), f32x4.splat(ROUNDING));
}

/** r = x − n · ln 2. */
// @ts-ignore: decorator
@inline
export function restOf(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  // ln 2 in two parts; the first has 10 significant bits, so n times it is exact.
  const r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  return f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440054690583e-4)));
}

/** e^r for |r| <= ln 2 / 2. */
// @ts-ignore: decorator
@inline
export function exponentialOfRest(r: v128): v128 {
  return f32x4.add(multiplyAdd(exponentialTail(r), f32x4.mul(r, r), r), f32x4.splat(1.0));
}

/** 2^n. */
// @ts-ignore: decorator
@inline
export function powerOf(shifted: v128): v128 {
  // The low bits of `shifted` hold n, and 127 is the exponent's bias.
  return i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
}

/**
 * e^x = 2^n · e^r with n = round(x / ln 2), within 2 ulp. Below -87.33 the result is 0 (no subnormals: they are slow),
 * above 88.72283 it is infinite, NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const shifted = roundedQuotient(x);
  let result = i32x4.add(exponentialOfRest(restOf(x, shifted)), i32x4.shl(shifted, 23));
  result = v128.andnot(result, f32x4.lt(x, f32x4.splat(-87.33)));
  result = v128.bitselect(f32x4.splat(Infinity), result, f32x4.gt(x, f32x4.splat(88.72283)));
  return v128.bitselect(result, x, f32x4.eq(x, x));
}

/** e^x for -87.33 <= x <= 88: the same bits for less work. NaN stays NaN, as 2^n is a factor here. */
// @ts-ignore: decorator
@inline
function exponentialWithin(x: v128): v128 {
  const shifted = roundedQuotient(x);
  return f32x4.mul(exponentialOfRest(restOf(x, shifted)), powerOf(shifted));
}

/** 0 instead of e^x where it would be too small for a normal number. */
// @ts-ignore: decorator
@inline
export function withoutSubnormals(exponential: v128, x: v128): v128 {
  return v128.andnot(exponential, f32x4.lt(x, f32x4.splat(-87.33)));
}

/** `exponential` of numbers that are not positive. */
// @ts-ignore: decorator
@inline
export function exponentialOfDifference(x: v128): v128 {
  return withoutSubnormals(exponentialWithin(x), x);
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  const one = f32x4.splat(1.0);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** tanh x = (e^2x - 1) / (e^2x + 1), with e^2x - 1 from its series near 0, where the subtraction would cancel. */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const twice = f32x4.add(magnitude, magnitude);
  const series = multiplyAdd(exponentialTail(twice), f32x4.mul(twice, twice), twice);
  const small = f32x4.div(series, f32x4.add(series, f32x4.splat(2.0)));
  const one = f32x4.splat(1.0);
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2.0), f32x4.add(exponential(twice), one)));
  const result = v128.bitselect(small, large, f32x4.lt(magnitude, f32x4.splat(0.17)));
  return v128.or(result, v128.and(x, f32x4.splat(-0.0)));
}

/** `exponentialOfDifference` of one number: the same bits as in a lane. */
// @ts-ignore: decorator
@inline
export function exponentialOfOneDifference(x: f32): f32 {
  return f32x4.extract_lane(exponentialOfDifference(f32x4.splat(x)), 0);
}
