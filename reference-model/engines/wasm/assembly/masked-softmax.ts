/** The softmax of a row of attention scores under a mask, and its gradient. A forbidden position has probability exactly 0. */
import { exponentialOfOneDifference, horizontalMaximum, horizontalSum } from './math';
import { beginExponential, continueExponentials, differenceExponentialAt } from './strip';
import { STRIP_BYTES } from './workspace';

/** Four mask bytes as four lanes of all ones or all zeros. */
// @ts-ignore: decorator
@inline
function maskLanes(mask: usize): v128 {
  const bytes = v128.load32_zero(mask);
  const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
  return i32x4.ne(words, i32x4.splat(0));
}

/** Softmax of scale · scores over the allowed positions of one row, in place; all zeros if there is none. */
export function maskedSoftmaxRow(row: usize, mask: usize, length: usize, scale: f32): void {
  const lowest = f32x4.splat(-Infinity);
  const scales = f32x4.splat(scale);
  const vectors = length & ~3;
  let maximum4 = lowest;
  let anyAllowed = i32x4.splat(0);
  let s: usize = 0;
  for (; s < vectors; s += 4) {
    const allowed = maskLanes(mask + s);
    const score = v128.bitselect(f32x4.mul(v128.load(row + s * 4), scales), lowest, allowed);
    v128.store(row + s * 4, score);
    maximum4 = f32x4.pmax(maximum4, score);
    anyAllowed = v128.or(anyAllowed, allowed);
  }
  let maximum = horizontalMaximum(maximum4);
  let isAllowed = v128.any_true(anyAllowed);
  for (; s < length; s++) {
    const allowed = load<u8>(mask + s) != 0;
    const score = allowed ? load<f32>(row + s * 4) * scale : <f32>-Infinity;
    store<f32>(row + s * 4, score);
    if (score > maximum) maximum = score;
    isAllowed = isAllowed || allowed;
  }
  if (!isAllowed) {
    memory.fill(row, 0, length * 4);
    return;
  }
  const maxima = f32x4.splat(maximum);
  let sum4 = f32x4.splat(0);
  for (s = 0; s < vectors; ) {
    const strip = row + s * 4;
    const bytes = min(STRIP_BYTES, (vectors - s) * 4);
    for (let at: usize = 0; at < bytes; at += 16) beginExponential(at, f32x4.sub(v128.load(strip + at), maxima));
    continueExponentials(bytes);
    for (let at: usize = 0; at < bytes; at += 16) {
      const difference = f32x4.sub(v128.load(strip + at), maxima);
      const weight = v128.and(differenceExponentialAt(at, difference), maskLanes(mask + s));
      v128.store(strip + at, weight);
      sum4 = f32x4.add(sum4, weight);
      s += 4;
    }
  }
  let sum = horizontalSum(sum4);
  for (; s < length; s++) {
    const weight: f32 = load<u8>(mask + s) ? exponentialOfOneDifference(load<f32>(row + s * 4) - maximum) : 0;
    store<f32>(row + s * 4, weight);
    sum += weight;
  }
  const factor = <f32>1.0 / sum;
  const factors = f32x4.splat(factor);
  // x · 1/∞ of a forbidden 0 is 0; a NaN sum must still leave forbidden positions 0.
  for (s = 0; s < vectors; s += 4) {
    v128.store(row + s * 4, v128.and(f32x4.mul(v128.load(row + s * 4), factors), maskLanes(mask + s)));
  }
  for (; s < length; s++) {
    if (load<u8>(mask + s)) store<f32>(row + s * 4, load<f32>(row + s * 4) * factor);
  }
}

/** One row of the softmax gradient, in place: dS = P ∘ (dP − Σ P ∘ dP) · scale, 0 where forbidden. */
export function softmaxGradientRow(gradient: usize, probabilities: usize, mask: usize, length: usize, scale: f32): void {
  const vectors = length & ~3;
  let sum4 = f32x4.splat(0);
  let s: usize = 0;
  for (; s < vectors; s += 4) {
    const product = f32x4.mul(v128.load(probabilities + s * 4), v128.load(gradient + s * 4));
    sum4 = f32x4.add(sum4, v128.and(product, maskLanes(mask + s)));
  }
  let sum = horizontalSum(sum4);
  for (; s < length; s++) {
    if (load<u8>(mask + s)) sum += load<f32>(probabilities + s * 4) * load<f32>(gradient + s * 4);
  }
  const sums = f32x4.splat(sum);
  const scales = f32x4.splat(scale);
  for (s = 0; s < vectors; s += 4) {
    const difference = f32x4.sub(v128.load(gradient + s * 4), sums);
    const product = f32x4.mul(f32x4.mul(v128.load(probabilities + s * 4), difference), scales);
    v128.store(gradient + s * 4, v128.and(product, maskLanes(mask + s)));
  }
  for (; s < length; s++) {
    const difference = load<f32>(gradient + s * 4) - sum;
    const product = load<f32>(probabilities + s * 4) * difference * scale;
    store<f32>(gradient + s * 4, load<u8>(mask + s) ? product : 0);
  }
}
