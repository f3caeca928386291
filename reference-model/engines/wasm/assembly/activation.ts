/**
 * GELU in its tanh approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415) and SwiGLU (Shazeer 2020, arXiv 2002.05202) with
 * gradients. Buffers are padded to whole vectors of four floats, so there are no tails.
 */
import { logistic, multiplyAdd } from './math';

/** 2u = 2·√(2/π)·(x + 0.044715·x³); ½(1 + tanh u) = logistic(2u). */
// @ts-ignore: decorator
@inline
function twiceInner(x: v128, square: v128): v128 {
  const cubic = multiplyAdd(square, f32x4.splat(0.07135481627362114), f32x4.splat(1.5957691216057308));
  return f32x4.mul(x, cubic);
}

export function gelu(vectors: i32, x: usize, y: usize): void {
  const end = x + <usize>vectors * 16;
  for (; x < end; x += 16) {
    const value = v128.load(x);
    v128.store(y, f32x4.mul(value, logistic(twiceInner(value, f32x4.mul(value, value)))));
    y += 16;
  }
}

/** dx = dy · (σ + x · σ(1 − σ) · d(2u)/dx) with σ = logistic(2u). */
export function geluGradient(vectors: i32, dy: usize, x: usize, dx: usize): void {
  const end = x + <usize>vectors * 16;
  const one = f32x4.splat(1.0);
  for (; x < end; x += 16) {
    const value = v128.load(x);
    const square = f32x4.mul(value, value);
    const gate = logistic(twiceInner(value, square));
    const inner = multiplyAdd(square, f32x4.splat(3.0 * 0.07135481627362114), f32x4.splat(1.5957691216057308));
    const slope = f32x4.mul(f32x4.mul(gate, f32x4.sub(one, gate)), f32x4.mul(value, inner));
    v128.store(dx, f32x4.mul(v128.load(dy), f32x4.add(gate, slope)));
    dy += 16;
    dx += 16;
  }
}

/** y = gate · logistic(gate) · up. */
export function swiglu(vectors: i32, gate: usize, up: usize, y: usize): void {
  const end = gate + <usize>vectors * 16;
  for (; gate < end; gate += 16) {
    const value = v128.load(gate);
    v128.store(y, f32x4.mul(f32x4.mul(value, logistic(value)), v128.load(up)));
    up += 16;
    y += 16;
  }
}

export function swigluGradient(
  vectors: i32, dy: usize, gate: usize, up: usize, gateGradient: usize, upGradient: usize,
): void {
  const end = gate + <usize>vectors * 16;
  const one = f32x4.splat(1.0);
  for (; gate < end; gate += 16) {
    const value = v128.load(gate);
    const output = v128.load(dy);
    const sigma = logistic(value);
    const silu = f32x4.mul(value, sigma);
    const slope = f32x4.add(sigma, f32x4.mul(silu, f32x4.sub(one, sigma)));
    v128.store(gateGradient, f32x4.mul(f32x4.mul(output, v128.load(up)), slope));
    v128.store(upGradient, f32x4.mul(output, silu));
    dy += 16;
    up += 16;
    gateGradient += 16;
    upGradient += 16;
  }
}
