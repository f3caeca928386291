/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2) and the squared norm for
 * clipping. Buffers are padded to whole vectors; AdamW may compute on the padding, the norm never reads it.
 */
import { multiplyAdd } from './math';

/**
 * m' = β₁m + (1−β₁)g, v' = β₂v + (1−β₂)g², p' = p − η(m'/c₁ / (√(v'/c₂) + ε) + λp), with g already scaled by `gradientScale`.
 */
export function adamW(
  vectors: i32,
  learningRate: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
  weightDecay: f32,
  biasCorrection1: f32,
  biasCorrection2: f32,
  gradientScale: f32,
  parameter: usize,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  newParameter: usize,
  newFirstMoment: usize,
  newSecondMoment: usize,
): void {
  for (let i: usize = 0, end = <usize>vectors * 16; i < end; i += 16) {
    const g = f32x4.mul(v128.load(gradient + i), f32x4.splat(gradientScale));
    const p = v128.load(parameter + i);
    const m = multiplyAdd(f32x4.splat(oneMinusBeta1), g, f32x4.mul(f32x4.splat(beta1), v128.load(firstMoment + i)));
    const v = multiplyAdd(
      f32x4.splat(oneMinusBeta2), f32x4.mul(g, g), f32x4.mul(f32x4.splat(beta2), v128.load(secondMoment + i)),
    );
    const denominator = f32x4.add(
      f32x4.sqrt(f32x4.div(v, f32x4.splat(biasCorrection2))), f32x4.splat(epsilon),
    );
    const step = f32x4.div(f32x4.div(m, f32x4.splat(biasCorrection1)), denominator);
    const update = multiplyAdd(f32x4.splat(weightDecay), p, step);
    v128.store(newParameter + i, f32x4.sub(p, f32x4.mul(f32x4.splat(learningRate), update)));
    v128.store(newFirstMoment + i, m);
    v128.store(newSecondMoment + i, v);
  }
}

/** Σ x² in double precision, rounded once. */
export function squaredNorm(count: i32, x: usize): f32 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i: usize = 0;
  const end = <usize>count * 4;
  for (; i + 16 <= end; i += 16) {
    const value = v128.load(x + i);
    const first = f64x2.promote_low_f32x4(value);
    const second = f64x2.promote_low_f32x4(i8x16.shuffle(value, value, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < end; i += 4) {
    const value = <f64>load<f32>(x + i);
    sum += value * value;
  }
  return <f32>sum;
}
