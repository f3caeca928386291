/**
 * The register tile of the matrix product: up to 6 rows × 8 columns of C in twelve vectors, summed over k in order, each
 * element in one accumulator. The sum of an element depends on nothing but its own row of A and column of B.
 */
import { multiplyAdd } from './math';

// @ts-ignore: decorator
@inline
function storeRow(c: usize, left: v128, right: v128, bias: usize, accumulate: bool): void {
  if (accumulate) {
    left = f32x4.add(v128.load(c), left);
    right = f32x4.add(v128.load(c, 16), right);
  } else if (bias) {
    left = f32x4.add(left, v128.load(bias));
    right = f32x4.add(right, v128.load(bias, 16));
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}

/**
 * C[rows, 8] = or += A[rows, depth] · panel[depth, 8].
 * `packed`: A lies as depth × 6 floats at `a`; else row i starts at a + i · rowBytes, rows past `validRows` repeat the last.
 * `rows` and `packed` are constants at every call, so that each call compiles to its own straight code.
 */
// @ts-ignore: decorator
@inline
function tile(
  rows: i32,
  packed: bool,
  a: usize,
  rowBytes: usize,
  validRows: i32,
  panel: usize,
  depth: i32,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  let a0 = a;
  let a1 = packed || validRows < 2 ? a0 : a0 + rowBytes;
  let a2 = packed || validRows < 3 ? a1 : a1 + rowBytes;
  let a3 = packed || validRows < 4 ? a2 : a2 + rowBytes;
  let a4 = packed || validRows < 5 ? a3 : a3 + rowBytes;
  let a5 = packed || validRows < 6 ? a4 : a4 + rowBytes;
  let left: v128;
  let right: v128;
  let x: v128;
  let l0 = f32x4.splat(0.0);
  let r0 = f32x4.splat(0.0);
  let l1 = f32x4.splat(0.0);
  let r1 = f32x4.splat(0.0);
  let l2 = f32x4.splat(0.0);
  let r2 = f32x4.splat(0.0);
  let l3 = f32x4.splat(0.0);
  let r3 = f32x4.splat(0.0);
  let l4 = f32x4.splat(0.0);
  let r4 = f32x4.splat(0.0);
  let l5 = f32x4.splat(0.0);
  let r5 = f32x4.splat(0.0);
  let k = depth;
  for (; k >= 4; k -= 4) {
    left = v128.load(panel, 0);
    right = v128.load(panel, 16);
    x = packed ? v128.load32_splat(a0, 0) : v128.load32_splat(a0, 0);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    if (rows > 1) {
      x = packed ? v128.load32_splat(a0, 4) : v128.load32_splat(a1, 0);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
    }
    if (rows > 2) {
      x = packed ? v128.load32_splat(a0, 8) : v128.load32_splat(a2, 0);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
    }
    if (rows > 3) {
      x = packed ? v128.load32_splat(a0, 12) : v128.load32_splat(a3, 0);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
    }
    if (rows > 4) {
      x = packed ? v128.load32_splat(a0, 16) : v128.load32_splat(a4, 0);
      l4 = multiplyAdd(x, left, l4);
      r4 = multiplyAdd(x, right, r4);
    }
    if (rows > 5) {
      x = packed ? v128.load32_splat(a0, 20) : v128.load32_splat(a5, 0);
      l5 = multiplyAdd(x, left, l5);
      r5 = multiplyAdd(x, right, r5);
    }
    left = v128.load(panel, 32);
    right = v128.load(panel, 48);
    x = packed ? v128.load32_splat(a0, 24) : v128.load32_splat(a0, 4);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    if (rows > 1) {
      x = packed ? v128.load32_splat(a0, 28) : v128.load32_splat(a1, 4);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
    }
    if (rows > 2) {
      x = packed ? v128.load32_splat(a0, 32) : v128.load32_splat(a2, 4);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
    }
    if (rows > 3) {
      x = packed ? v128.load32_splat(a0, 36) : v128.load32_splat(a3, 4);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
    }
    if (rows > 4) {
      x = packed ? v128.load32_splat(a0, 40) : v128.load32_splat(a4, 4);
      l4 = multiplyAdd(x, left, l4);
      r4 = multiplyAdd(x, right, r4);
    }
    if (rows > 5) {
      x = packed ? v128.load32_splat(a0, 44) : v128.load32_splat(a5, 4);
      l5 = multiplyAdd(x, left, l5);
      r5 = multiplyAdd(x, right, r5);
    }
    left = v128.load(panel, 64);
    right = v128.load(panel, 80);
    x = packed ? v128.load32_splat(a0, 48) : v128.load32_splat(a0, 8);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    if (rows > 1) {
      x = packed ? v128.load32_splat(a0, 52) : v128.load32_splat(a1, 8);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
    }
    if (rows > 2) {
      x = packed ? v128.load32_splat(a0, 56) : v128.load32_splat(a2, 8);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
    }
    if (rows > 3) {
      x = packed ? v128.load32_splat(a0, 60) : v128.load32_splat(a3, 8);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
    }
    if (rows > 4) {
      x = packed ? v128.load32_splat(a0, 64) : v128.load32_splat(a4, 8);
      l4 = multiplyAdd(x, left, l4);
      r4 = multiplyAdd(x, right, r4);
    }
    if (rows > 5) {
      x = packed ? v128.load32_splat(a0, 68) : v128.load32_splat(a5, 8);
      l5 = multiplyAdd(x, left, l5);
      r5 = multiplyAdd(x, right, r5);
    }
    left = v128.load(panel, 96);
    right = v128.load(panel, 112);
    x = packed ? v128.load32_splat(a0, 72) : v128.load32_splat(a0, 12);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    if (rows > 1) {
      x = packed ? v128.load32_splat(a0, 76) : v128.load32_splat(a1, 12);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
    }
    if (rows > 2) {
      x = packed ? v128.load32_splat(a0, 80) : v128.load32_splat(a2, 12);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
    }
    if (rows > 3) {
      x = packed ? v128.load32_splat(a0, 84) : v128.load32_splat(a3, 12);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
    }
    if (rows > 4) {
      x = packed ? v128.load32_splat(a0, 88) : v128.load32_splat(a4, 12);
      l4 = multiplyAdd(x, left, l4);
      r4 = multiplyAdd(x, right, r4);
    }
    if (rows > 5) {
      x = packed ? v128.load32_splat(a0, 92) : v128.load32_splat(a5, 12);
      l5 = multiplyAdd(x, left, l5);
      r5 = multiplyAdd(x, right, r5);
    }
    panel += 128;
    if (packed) {
      a0 += 96;
    } else {
      a0 += 16;
      if (rows > 1) a1 += 16;
      if (rows > 2) a2 += 16;
      if (rows > 3) a3 += 16;
      if (rows > 4) a4 += 16;
      if (rows > 5) a5 += 16;
    }
  }
  for (; k > 0; k--) {
    left = v128.load(panel, 0);
    right = v128.load(panel, 16);
    x = packed ? v128.load32_splat(a0, 0) : v128.load32_splat(a0, 0);
    l0 = multiplyAdd(x, left, l0);
    r0 = multiplyAdd(x, right, r0);
    if (rows > 1) {
      x = packed ? v128.load32_splat(a0, 4) : v128.load32_splat(a1, 0);
      l1 = multiplyAdd(x, left, l1);
      r1 = multiplyAdd(x, right, r1);
    }
    if (rows > 2) {
      x = packed ? v128.load32_splat(a0, 8) : v128.load32_splat(a2, 0);
      l2 = multiplyAdd(x, left, l2);
      r2 = multiplyAdd(x, right, r2);
    }
    if (rows > 3) {
      x = packed ? v128.load32_splat(a0, 12) : v128.load32_splat(a3, 0);
      l3 = multiplyAdd(x, left, l3);
      r3 = multiplyAdd(x, right, r3);
    }
    if (rows > 4) {
      x = packed ? v128.load32_splat(a0, 16) : v128.load32_splat(a4, 0);
      l4 = multiplyAdd(x, left, l4);
      r4 = multiplyAdd(x, right, r4);
    }
    if (rows > 5) {
      x = packed ? v128.load32_splat(a0, 20) : v128.load32_splat(a5, 0);
      l5 = multiplyAdd(x, left, l5);
      r5 = multiplyAdd(x, right, r5);
    }
    panel += 32;
    if (packed) {
      a0 += 24;
    } else {
      a0 += 4;
      if (rows > 1) a1 += 4;
      if (rows > 2) a2 += 4;
      if (rows > 3) a3 += 4;
      if (rows > 4) a4 += 4;
      if (rows > 5) a5 += 4;
    }
  }
  storeRow(c, l0, r0, bias, accumulate);
  if (rows > 1) storeRow(c + 1 * cRowBytes, l1, r1, bias, accumulate);
  if (rows > 2) storeRow(c + 2 * cRowBytes, l2, r2, bias, accumulate);
  if (rows > 3) storeRow(c + 3 * cRowBytes, l3, r3, bias, accumulate);
  if (rows > 4) storeRow(c + 4 * cRowBytes, l4, r4, bias, accumulate);
  if (rows > 5) storeRow(c + 5 * cRowBytes, l5, r5, bias, accumulate);
}

/** The tile for A read in place. */
export function tileOfRows(
  a: usize,
  rowBytes: usize,
  rows: i32,
  panel: usize,
  depth: i32,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  if (rows > 4) tile(6, false, a, rowBytes, rows, panel, depth, c, cRowBytes, bias, accumulate);
  else if (rows > 2) tile(4, false, a, rowBytes, rows, panel, depth, c, cRowBytes, bias, accumulate);
  else if (rows == 2) tile(2, false, a, rowBytes, rows, panel, depth, c, cRowBytes, bias, accumulate);
  else tile(1, false, a, rowBytes, rows, panel, depth, c, cRowBytes, bias, accumulate);
}

/** The tile for a packed panel of A. */
export function tileOfPanel(
  a: usize,
  panel: usize,
  depth: i32,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  tile(6, true, a, 0, 6, panel, depth, c, cRowBytes, bias, accumulate);
}
