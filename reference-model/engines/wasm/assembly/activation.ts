/**
 * GELU in its tanh approximation (Hendrycks & Gimpel 2016, arXiv 1606.08415) and SwiGLU (Shazeer 2020, arXiv 2002.05202) with
 * gradients, strip by strip: see `strip.ts`. Buffers are padded to whole groups of four vectors, so there are no tails.
 */
import { multiplyAdd } from './math';
import { beginGate, continueExponentials, gateAt } from './strip';
import { STRIP_BYTES } from './workspace';

/** Bytes of four vectors. */
const GROUP: usize = 64;

// @ts-ignore: decorator
@inline
function bytesOf(vectors: i32): usize {
  return (<usize>vectors * 16 + GROUP - 1) & ~(GROUP - 1);
}

/** 2u = 2·√(2/π)·(x + 0.044715·x³); ½(1 + tanh u) = logistic(2u). */
// @ts-ignore: decorator
@inline
function beginGelu(at: usize, x: usize): void {
  const value = v128.load(x + at);
  const cubic = multiplyAdd(f32x4.mul(value, value), f32x4.splat(0.07135481627362114), f32x4.splat(1.5957691216057308));
  beginGate(at, f32x4.mul(value, cubic));
}

function geluGates(x: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += GROUP) {
    beginGelu(at, x);
    beginGelu(at + 16, x);
    beginGelu(at + 32, x);
    beginGelu(at + 48, x);
  }
  continueExponentials(bytes);
}

function swigluGates(gate: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += GROUP) {
    beginGate(at, v128.load(gate + at));
    beginGate(at + 16, v128.load(gate + at, 16));
    beginGate(at + 32, v128.load(gate + at, 32));
    beginGate(at + 48, v128.load(gate + at, 48));
  }
  continueExponentials(bytes);
}

// @ts-ignore: decorator
@inline
function geluVector(at: usize, x: usize, y: usize): void {
  v128.store(y + at, f32x4.mul(v128.load(x + at), gateAt(at)));
}

export function gelu(vectors: i32, x: usize, y: usize): void {
  for (let rest = bytesOf(vectors); rest > 0; ) {
    const bytes = min(rest, STRIP_BYTES);
    geluGates(x, bytes);
    for (let at: usize = 0; at < bytes; at += GROUP) {
      geluVector(at, x, y);
      geluVector(at + 16, x, y);
      geluVector(at + 32, x, y);
      geluVector(at + 48, x, y);
    }
    x += bytes;
    y += bytes;
    rest -= bytes;
  }
}

/** dx = dy · (σ + x · σ(1 − σ) · d(2u)/dx) with σ = logistic(2u). */
// @ts-ignore: decorator
@inline
function geluGradientVector(at: usize, dy: usize, x: usize, dx: usize): void {
  const value = v128.load(x + at);
  const gate = gateAt(at);
  const square = f32x4.mul(value, value);
  const inner = multiplyAdd(square, f32x4.splat(3.0 * 0.07135481627362114), f32x4.splat(1.5957691216057308));
  const slope = f32x4.mul(f32x4.mul(gate, f32x4.sub(f32x4.splat(1.0), gate)), f32x4.mul(value, inner));
  v128.store(dx + at, f32x4.mul(v128.load(dy + at), f32x4.add(gate, slope)));
}

export function geluGradient(vectors: i32, dy: usize, x: usize, dx: usize): void {
  for (let rest = bytesOf(vectors); rest > 0; ) {
    const bytes = min(rest, STRIP_BYTES);
    geluGates(x, bytes);
    for (let at: usize = 0; at < bytes; at += GROUP) {
      geluGradientVector(at, dy, x, dx);
      geluGradientVector(at + 16, dy, x, dx);
      geluGradientVector(at + 32, dy, x, dx);
      geluGradientVector(at + 48, dy, x, dx);
    }
    dy += bytes;
    x += bytes;
    dx += bytes;
    rest -= bytes;
  }
}

/** y = gate · logistic(gate) · up. */
// @ts-ignore: decorator
@inline
function swigluVector(at: usize, gate: usize, up: usize, y: usize): void {
  v128.store(y + at, f32x4.mul(f32x4.mul(v128.load(gate + at), gateAt(at)), v128.load(up + at)));
}

export function swiglu(vectors: i32, gate: usize, up: usize, y: usize): void {
  for (let rest = bytesOf(vectors); rest > 0; ) {
    const bytes = min(rest, STRIP_BYTES);
    swigluGates(gate, bytes);
    for (let at: usize = 0; at < bytes; at += GROUP) {
      swigluVector(at, gate, up, y);
      swigluVector(at + 16, gate, up, y);
      swigluVector(at + 32, gate, up, y);
      swigluVector(at + 48, gate, up, y);
    }
    gate += bytes;
    up += bytes;
    y += bytes;
    rest -= bytes;
  }
}

// @ts-ignore: decorator
@inline
function swigluGradientVector(
  at: usize, dy: usize, gate: usize, up: usize, gateGradient: usize, upGradient: usize,
): void {
  const output = v128.load(dy + at);
  const sigma = gateAt(at);
  const silu = f32x4.mul(v128.load(gate + at), sigma);
  const slope = f32x4.add(sigma, f32x4.mul(silu, f32x4.sub(f32x4.splat(1.0), sigma)));
  v128.store(gateGradient + at, f32x4.mul(f32x4.mul(output, v128.load(up + at)), slope));
  v128.store(upGradient + at, f32x4.mul(output, silu));
}

export function swigluGradient(
  vectors: i32, dy: usize, gate: usize, up: usize, gateGradient: usize, upGradient: usize,
): void {
  for (let rest = bytesOf(vectors); rest > 0; ) {
    const bytes = min(rest, STRIP_BYTES);
    swigluGates(gate, bytes);
    for (let at: usize = 0; at < bytes; at += GROUP) {
      swigluGradientVector(at, dy, gate, up, gateGradient, upGradient);
      swigluGradientVector(at + 16, dy, gate, up, gateGradient, upGradient);
      swigluGradientVector(at + 32, dy, gate, up, gateGradient, upGradient);
      swigluGradientVector(at + 48, dy, gate, up, gateGradient, upGradient);
    }
    dy += bytes;
    gate += bytes;
    up += bytes;
    gateGradient += bytes;
    upGradient += bytes;
    rest -= bytes;
  }
}
