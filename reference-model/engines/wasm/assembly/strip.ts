/**
 * Exponentials of a strip of vectors in three short loops: begin each, continue all, take each. An exponential is a chain of some thirty
 * operations that wait for one another, more than a processor has in view; one vector after the other, it waits most of the time. In
 * short loops over a strip in the first-level cache a dozen vectors are under way. Loops take four vectors a turn, because V8 builds every
 * constant of a loop's body anew in each turn, three instructions a constant.
 */
import { exponentialOfRest, powerOf, restOf, roundedQuotient, withoutSubnormals } from './math';
import { STRIP_BYTES, stripBuffer } from './workspace';

/** Begins e^x for −87.33 <= x <= 88 at a place of the strip, in bytes. NaN stays NaN; beyond that range it is any number. */
// @ts-ignore: decorator
@inline
export function beginExponential(at: usize, x: v128): void {
  const shifted = roundedQuotient(x);
  v128.store(stripBuffer() + at, restOf(x, shifted));
  v128.store(stripBuffer() + at, powerOf(shifted), STRIP_BYTES);
}

// @ts-ignore: decorator
@inline
function continueExponential(at: usize): void {
  v128.store(stripBuffer() + at, exponentialOfRest(v128.load(stripBuffer() + at)));
}

/** Continues what was begun in the first bytes of the strip. */
export function continueExponentials(bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 64) {
    continueExponential(at);
    continueExponential(at + 16);
    continueExponential(at + 32);
    continueExponential(at + 48);
  }
}

/** e^x of what was begun there. */
// @ts-ignore: decorator
@inline
export function exponentialAt(at: usize): v128 {
  return f32x4.mul(v128.load(stripBuffer() + at), v128.load(stripBuffer() + at, STRIP_BYTES));
}

/** e^x of what was begun there with the same x, none of them positive: 0 below −87.33. */
// @ts-ignore: decorator
@inline
export function differenceExponentialAt(at: usize, x: v128): v128 {
  return withoutSubnormals(exponentialAt(at), x);
}

/** Begins 1 / (1 + e^-x), for factors of activations: never less than 1.6e-38, where `logistic` falls to 0. */
// @ts-ignore: decorator
@inline
export function beginGate(at: usize, x: v128): void {
  // Operands in this order let NaN through.
  beginExponential(at, f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(87.0)), f32x4.splat(-87.0)));
}

// @ts-ignore: decorator
@inline
export function gateAt(at: usize): v128 {
  const one = f32x4.splat(1.0);
  return f32x4.div(one, f32x4.add(one, exponentialAt(at)));
}
