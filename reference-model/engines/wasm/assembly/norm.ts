/**
 * Layer norm (Ba et al. 2016, arXiv 1607.06450) and RMS norm (Zhang & Sennrich 2019, arXiv 1910.07467) over the last axis of
 * x[rows, C], and their gradients. The gradients recompute the row statistics instead of storing them; the gradients of scale
 * and offset add up over rows in order.
 */
import { horizontalSum, multiplyAdd } from './math';

// @ts-ignore: decorator
@inline
function rowSum(x: usize, bytes: usize): f32 {
  let sum4 = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) sum4 = f32x4.add(sum4, v128.load(x + i));
  let sum = horizontalSum(sum4);
  for (; i < bytes; i += 4) sum += load<f32>(x + i);
  return sum;
}

/** Σ (x − centre)². */
// @ts-ignore: decorator
@inline
function rowSquares(x: usize, bytes: usize, centre: f32): f32 {
  const centres = f32x4.splat(centre);
  let sum4 = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const difference = f32x4.sub(v128.load(x + i), centres);
    sum4 = multiplyAdd(difference, difference, sum4);
  }
  let sum = horizontalSum(sum4);
  for (; i < bytes; i += 4) {
    const difference = load<f32>(x + i) - centre;
    sum += difference * difference;
  }
  return sum;
}

/** y = (x − centre) · factor · scale (+ offset). */
// @ts-ignore: decorator
@inline
function normalizeRow(x: usize, y: usize, bytes: usize, centre: f32, factor: f32, scale: usize, offset: usize): void {
  const centres = f32x4.splat(centre);
  const factors = f32x4.splat(factor);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const normalized = f32x4.mul(f32x4.sub(v128.load(x + i), centres), factors);
    let result = f32x4.mul(normalized, v128.load(scale + i));
    if (offset) result = f32x4.add(result, v128.load(offset + i));
    v128.store(y + i, result);
  }
  for (; i < bytes; i += 4) {
    let result = (load<f32>(x + i) - centre) * factor * load<f32>(scale + i);
    if (offset) result += load<f32>(offset + i);
    store<f32>(y + i, result);
  }
}

export function layerNorm(
  rows: i32, columns: i32, epsilon: f32, x: usize, scale: usize, offset: usize, y: usize,
): void {
  const bytes = <usize>columns * 4;
  const count = <f32>columns;
  for (let row = 0; row < rows; row++) {
    const mean = rowSum(x, bytes) / count;
    const factor = <f32>1.0 / sqrt<f32>(rowSquares(x, bytes, mean) / count + epsilon);
    normalizeRow(x, y, bytes, mean, factor, scale, offset);
    x += bytes;
    y += bytes;
  }
}

export function rmsNorm(rows: i32, columns: i32, epsilon: f32, x: usize, scale: usize, y: usize): void {
  const bytes = <usize>columns * 4;
  const count = <f32>columns;
  for (let row = 0; row < rows; row++) {
    const factor = <f32>1.0 / sqrt<f32>(rowSquares(x, bytes, 0) / count + epsilon);
    normalizeRow(x, y, bytes, 0, factor, scale, 0);
    x += bytes;
    y += bytes;
  }
}

/**
 * One row of either gradient. With x̂ = (x − centre) · factor and g = dy · scale:
 * dx = factor · (g − [mean g] − x̂ · mean(g · x̂)), scaleGradient += dy · x̂, [offsetGradient += dy]; bracketed for layer norm.
 */
// @ts-ignore: decorator
@inline
function gradientRow(
  centred: bool,
  dy: usize,
  x: usize,
  bytes: usize,
  count: f32,
  centre: f32,
  factor: f32,
  scale: usize,
  dx: usize,
  scaleGradient: usize,
  offsetGradient: usize,
): void {
  const centres = f32x4.splat(centre);
  const factors = f32x4.splat(factor);
  let sum4 = f32x4.splat(0);
  let product4 = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const output = v128.load(dy + i);
    const normalized = f32x4.mul(f32x4.sub(v128.load(x + i), centres), factors);
    const g = f32x4.mul(output, v128.load(scale + i));
    product4 = multiplyAdd(g, normalized, product4);
    v128.store(scaleGradient + i, multiplyAdd(output, normalized, v128.load(scaleGradient + i)));
    if (centred) {
      sum4 = f32x4.add(sum4, g);
      v128.store(offsetGradient + i, f32x4.add(v128.load(offsetGradient + i), output));
    }
  }
  let sum = horizontalSum(sum4);
  let product = horizontalSum(product4);
  for (; i < bytes; i += 4) {
    const output = load<f32>(dy + i);
    const normalized = (load<f32>(x + i) - centre) * factor;
    const g = output * load<f32>(scale + i);
    product += g * normalized;
    store<f32>(scaleGradient + i, load<f32>(scaleGradient + i) + output * normalized);
    if (centred) {
      sum += g;
      store<f32>(offsetGradient + i, load<f32>(offsetGradient + i) + output);
    }
  }
  const meanG = sum / count;
  const meanProduct = product / count;
  const meansG = f32x4.splat(meanG);
  const meanProducts = f32x4.splat(meanProduct);
  for (i = 0; i + 16 <= bytes; i += 16) {
    const normalized = f32x4.mul(f32x4.sub(v128.load(x + i), centres), factors);
    const g = f32x4.mul(v128.load(dy + i), v128.load(scale + i));
    const inner = f32x4.sub(f32x4.sub(g, meansG), f32x4.mul(normalized, meanProducts));
    v128.store(dx + i, f32x4.mul(factors, inner));
  }
  for (; i < bytes; i += 4) {
    const normalized = (load<f32>(x + i) - centre) * factor;
    const g = load<f32>(dy + i) * load<f32>(scale + i);
    store<f32>(dx + i, factor * (g - meanG - normalized * meanProduct));
  }
}

export function layerNormGradient(
  rows: i32,
  columns: i32,
  epsilon: f32,
  dy: usize,
  x: usize,
  scale: usize,
  dx: usize,
  scaleGradient: usize,
  offsetGradient: usize,
): void {
  const bytes = <usize>columns * 4;
  const count = <f32>columns;
  memory.fill(scaleGradient, 0, bytes);
  memory.fill(offsetGradient, 0, bytes);
  for (let row = 0; row < rows; row++) {
    const mean = rowSum(x, bytes) / count;
    const factor = <f32>1.0 / sqrt<f32>(rowSquares(x, bytes, mean) / count + epsilon);
    gradientRow(true, dy, x, bytes, count, mean, factor, scale, dx, scaleGradient, offsetGradient);
    dy += bytes;
    x += bytes;
    dx += bytes;
  }
}

export function rmsNormGradient(
  rows: i32, columns: i32, epsilon: f32, dy: usize, x: usize, scale: usize, dx: usize, scaleGradient: usize,
): void {
  const bytes = <usize>columns * 4;
  const count = <f32>columns;
  memory.fill(scaleGradient, 0, bytes);
  for (let row = 0; row < rows; row++) {
    const factor = <f32>1.0 / sqrt<f32>(rowSquares(x, bytes, 0) / count + epsilon);
    gradientRow(false, dy, x, bytes, count, 0, factor, scale, dx, scaleGradient, 0);
    dy += bytes;
    x += bytes;
    dx += bytes;
  }
}
