/** Sums and maxima of x[rows, columns] along either axis, in an order that depends on the shape alone. */
import { horizontalMaximum, horizontalSum } from './math';

/** Rows that are summed before they join the total: keeps the rounding error of long columns small. */
const BLOCK: i32 = 64;

/** out[rows] = factor · Σ over columns. */
export function sumRows(rows: i32, columns: i32, factor: f32, x: usize, out: usize): void {
  const bytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++) {
    let total: f32 = 0;
    let i: usize = 0;
    while (i < bytes) {
      const end = min(bytes, i + <usize>BLOCK * 16);
      let sum4 = f32x4.splat(0);
      for (; i + 16 <= end; i += 16) sum4 = f32x4.add(sum4, v128.load(x + i));
      let sum = horizontalSum(sum4);
      for (; i < end; i += 4) sum += load<f32>(x + i);
      total += sum;
    }
    store<f32>(out + <usize>row * 4, total * factor);
    x += bytes;
  }
}

/** out[columns] = factor · Σ over rows. */
export function sumColumns(rows: i32, columns: i32, factor: f32, x: usize, out: usize): void {
  const bytes = <usize>columns * 4;
  let column: usize = 0;
  const factors = f32x4.splat(factor);
  for (; column + 64 <= bytes; column += 64) {
    let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
    let from = x + column;
    for (let row = 0; row < rows; ) {
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let end = min(rows, row + BLOCK); row < end; row++) {
        s0 = f32x4.add(s0, v128.load(from));
        s1 = f32x4.add(s1, v128.load(from, 16));
        s2 = f32x4.add(s2, v128.load(from, 32));
        s3 = f32x4.add(s3, v128.load(from, 48));
        from += bytes;
      }
      t0 = f32x4.add(t0, s0);
      t1 = f32x4.add(t1, s1);
      t2 = f32x4.add(t2, s2);
      t3 = f32x4.add(t3, s3);
    }
    v128.store(out + column, f32x4.mul(t0, factors));
    v128.store(out + column, f32x4.mul(t1, factors), 16);
    v128.store(out + column, f32x4.mul(t2, factors), 32);
    v128.store(out + column, f32x4.mul(t3, factors), 48);
  }
  for (; column < bytes; column += 4) {
    let total: f32 = 0;
    let from = x + column;
    for (let row = 0; row < rows; ) {
      let sum: f32 = 0;
      for (let end = min(rows, row + BLOCK); row < end; row++) {
        sum += load<f32>(from);
        from += bytes;
      }
      total += sum;
    }
    store<f32>(out + column, total * factor);
  }
}

/** out[rows] = maximum over columns; NaN if one is NaN. */
export function maximumRows(rows: i32, columns: i32, x: usize, out: usize): void {
  const bytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++) {
    let maximum4 = f32x4.splat(-Infinity);
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) maximum4 = f32x4.max(maximum4, v128.load(x + i));
    let maximum = horizontalMaximum(maximum4);
    for (; i < bytes; i += 4) maximum = max(maximum, load<f32>(x + i));
    store<f32>(out + <usize>row * 4, maximum);
    x += bytes;
  }
}
