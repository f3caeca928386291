/**
 * GELU in its tanh approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415) and SwiGLU (Shazeer 2020, arXiv 2002.05202) with
 * gradients. Buffers are padded to whole groups of four vectors, so there are no tails. A group at a time, because V8 builds every
 * constant of a loop's body anew in each turn, three instructions a constant: that took as long as the arithmetic.
 */
import { activationGate, multiplyAdd } from './math';

/** Bytes of four vectors. */
const GROUP: usize = 64;

// @ts-ignore: decorator
@inline
function endOf(x: usize, vectors: i32): usize {
  return x + <usize>vectors * 16;
}

/** 2u = 2·√(2/π)·(x + 0.044715·x³); ½(1 + tanh u) = logistic(2u). */
// @ts-ignore: decorator
@inline
function twiceInner(x: v128, square: v128): v128 {
  const cubic = multiplyAdd(square, f32x4.splat(0.07135481627362114), f32x4.splat(1.5957691216057308));
  return f32x4.mul(x, cubic);
}

// @ts-ignore: decorator
@inline
function geluVector(x: usize, y: usize): void {
  const value = v128.load(x);
  v128.store(y, f32x4.mul(value, activationGate(twiceInner(value, f32x4.mul(value, value)))));
}

export function gelu(vectors: i32, x: usize, y: usize): void {
  for (const end = endOf(x, vectors); x < end; x += GROUP) {
    geluVector(x, y);
    geluVector(x + 16, y + 16);
    geluVector(x + 32, y + 32);
    geluVector(x + 48, y + 48);
    y += GROUP;
  }
}

/** dx = dy · (σ + x · σ(1 − σ) · d(2u)/dx) with σ = logistic(2u). */
// @ts-ignore: decorator
@inline
function geluGradientVector(dy: usize, x: usize, dx: usize): void {
  const value = v128.load(x);
  const square = f32x4.mul(value, value);
  const gate = activationGate(twiceInner(value, square));
  const inner = multiplyAdd(square, f32x4.splat(3.0 * 0.07135481627362114), f32x4.splat(1.5957691216057308));
  const slope = f32x4.mul(f32x4.mul(gate, f32x4.sub(f32x4.splat(1.0), gate)), f32x4.mul(value, inner));
  v128.store(dx, f32x4.mul(v128.load(dy), f32x4.add(gate, slope)));
}

export function geluGradient(vectors: i32, dy: usize, x: usize, dx: usize): void {
  for (const end = endOf(x, vectors); x < end; x += GROUP) {
    geluGradientVector(dy, x, dx);
    geluGradientVector(dy + 16, x + 16, dx + 16);
    geluGradientVector(dy + 32, x + 32, dx + 32);
    geluGradientVector(dy + 48, x + 48, dx + 48);
    dy += GROUP;
    dx += GROUP;
  }
}

/** y = gate · logistic(gate) · up. */
// @ts-ignore: decorator
@inline
function swigluVector(gate: usize, up: usize, y: usize): void {
  const value = v128.load(gate);
  v128.store(y, f32x4.mul(f32x4.mul(value, activationGate(value)), v128.load(up)));
}

export function swiglu(vectors: i32, gate: usize, up: usize, y: usize): void {
  for (const end = endOf(gate, vectors); gate < end; gate += GROUP) {
    swigluVector(gate, up, y);
    swigluVector(gate + 16, up + 16, y + 16);
    swigluVector(gate + 32, up + 32, y + 32);
    swigluVector(gate + 48, up + 48, y + 48);
    up += GROUP;
    y += GROUP;
  }
}

// @ts-ignore: decorator
@inline
function swigluGradientVector(dy: usize, gate: usize, up: usize, gateGradient: usize, upGradient: usize): void {
  const value = v128.load(gate);
  const output = v128.load(dy);
  const sigma = activationGate(value);
  const silu = f32x4.mul(value, sigma);
  const slope = f32x4.add(sigma, f32x4.mul(silu, f32x4.sub(f32x4.splat(1.0), sigma)));
  v128.store(gateGradient, f32x4.mul(f32x4.mul(output, v128.load(up)), slope));
  v128.store(upGradient, f32x4.mul(output, silu));
}

export function swigluGradient(
  vectors: i32, dy: usize, gate: usize, up: usize, gateGradient: usize, upGradient: usize,
): void {
  for (const end = endOf(gate, vectors); gate < end; gate += GROUP) {
    swigluGradientVector(dy, gate, up, gateGradient, upGradient);
    swigluGradientVector(dy + 16, gate + 16, up + 16, gateGradient + 16, upGradient + 16);
    swigluGradientVector(dy + 32, gate + 32, up + 32, gateGradient + 32, upGradient + 32);
    swigluGradientVector(dy + 48, gate + 48, up + 48, gateGradient + 48, upGradient + 48);
    dy += GROUP;
    up += GROUP;
    gateGradient += GROUP;
    upGradient += GROUP;
  }
}
