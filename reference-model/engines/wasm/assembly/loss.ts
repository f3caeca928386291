/** Softmax cross-entropy of logits[N, V] with int32 labels[N]; an ignored label has loss 0 and no gradient. */
import { exponentialOfDifference, exponentialOfOneDifference, horizontalMaximum, horizontalSum } from './math';

// @ts-ignore: decorator
@inline
function rowMaximum(row: usize, bytes: usize): f32 {
  let maximum4 = f32x4.splat(-Infinity);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) maximum4 = f32x4.pmax(maximum4, v128.load(row + i));
  let maximum = horizontalMaximum(maximum4);
  for (; i < bytes; i += 4) {
    const value = load<f32>(row + i);
    if (value > maximum) maximum = value;
  }
  return maximum;
}

/** Σ e^(row − maximum); the terms are kept at `out` unless it is 0. */
// @ts-ignore: decorator
@inline
function rowExponentials(row: usize, out: usize, bytes: usize, maximum: f32): f32 {
  const maxima = f32x4.splat(maximum);
  let sum4 = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const term = exponentialOfDifference(f32x4.sub(v128.load(row + i), maxima));
    if (out) v128.store(out + i, term);
    sum4 = f32x4.add(sum4, term);
  }
  let sum = horizontalSum(sum4);
  for (; i < bytes; i += 4) {
    const term = exponentialOfOneDifference(load<f32>(row + i) - maximum);
    if (out) store<f32>(out + i, term);
    sum += term;
  }
  return sum;
}

/** Returns the index of the first label outside 0…V−1 that is not `ignored`, or −1. */
export function softmaxCrossEntropy(
  rows: i32, columns: i32, ignored: i32, logits: usize, labels: usize, losses: usize,
): i32 {
  const bytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++) {
    const label = load<i32>(labels + <usize>row * 4);
    let loss: f32 = 0;
    if (label != ignored) {
      if (<u32>label >= <u32>columns) return row;
      const maximum = rowMaximum(logits, bytes);
      const sum = rowExponentials(logits, 0, bytes, maximum);
      loss = <f32>(NativeMath.log(<f64>sum) + (<f64>maximum - <f64>load<f32>(logits + <usize>label * 4)));
    }
    store<f32>(losses + <usize>row * 4, loss);
    logits += bytes;
  }
  return -1;
}

/** dlogits = (softmax − one-hot) · dy. */
export function softmaxCrossEntropyGradient(
  rows: i32, columns: i32, ignored: i32, dy: usize, logits: usize, labels: usize, out: usize,
): i32 {
  const bytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++) {
    const label = load<i32>(labels + <usize>row * 4);
    if (label == ignored) {
      memory.fill(out, 0, bytes);
    } else {
      if (<u32>label >= <u32>columns) return row;
      const gradient = load<f32>(dy + <usize>row * 4);
      const factor = gradient / rowExponentials(logits, out, bytes, rowMaximum(logits, bytes));
      const factors = f32x4.splat(factor);
      let i: usize = 0;
      for (; i + 16 <= bytes; i += 16) v128.store(out + i, f32x4.mul(v128.load(out + i), factors));
      for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(out + i) * factor);
      const at = out + <usize>label * 4;
      store<f32>(at, load<f32>(at) - gradient);
    }
    logits += bytes;
    out += bytes;
  }
  return -1;
}

/** Softmax of every row of x[rows, columns]. */
export function softmaxRows(rows: i32, columns: i32, x: usize, out: usize): void {
  const bytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++) {
    const sum = rowExponentials(x, out, bytes, rowMaximum(x, bytes));
    const sums = f32x4.splat(sum);
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(out + i, f32x4.div(v128.load(out + i), sums));
    for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(out + i) / sum);
    x += bytes;
    out += bytes;
  }
}
