/**
 * The register tile of the matrix product: up to 4 rows × 8 columns of C in eight vectors, summed over k in order, each
 * element in one accumulator. The sum of an element depends on nothing but its own row of A and column of B.
 */
import { multiplyAdd } from './math';

/** Rows and columns of a tile: with two vectors of B and four of A they fill the 15 registers that V8 has on x64. */
export const TILE_ROWS: i32 = 4;
export const TILE_COLUMNS: i32 = 8;

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
 * `packed`: A lies as depth × 4 floats at `a`; else row i starts at a + i · rowBytes.
 * `rows` and `packed` are constants at every call, so that each call compiles to its own straight code.
 *
 * Every step of k ends in a branch out of the loop. V8 moves loads to the front of a block without branches, so that a plainly unrolled
 * loop keeps the operands of all its steps in registers at once, spills most of them and takes 1.6 times as long.
 */
// @ts-ignore: decorator
@inline
function tile(
  rows: i32,
  packed: bool,
  a: usize,
  rowBytes: usize,
  panel: usize,
  depth: i32,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  let a0 = a;
  let a1 = a0 + rowBytes;
  let a2 = a1 + rowBytes;
  let a3 = a2 + rowBytes;
  const zero = f32x4.splat(0.0);
  let left = zero, right = zero;
  let x0 = zero, x1 = zero, x2 = zero, x3 = zero;
  let l0 = zero, l1 = zero, l2 = zero, l3 = zero;
  let r0 = zero, r1 = zero, r2 = zero, r3 = zero;
  let k = depth;
  while (k > 0) {
    left = v128.load(panel, 0);
    right = v128.load(panel, 16);
    x0 = packed ? v128.load32_splat(a0, 0) : v128.load32_splat(a0, 0);
    if (rows > 1) x1 = packed ? v128.load32_splat(a0, 4) : v128.load32_splat(a1, 0);
    if (rows > 2) x2 = packed ? v128.load32_splat(a0, 8) : v128.load32_splat(a2, 0);
    if (rows > 3) x3 = packed ? v128.load32_splat(a0, 12) : v128.load32_splat(a3, 0);
    l0 = multiplyAdd(x0, left, l0);
    r0 = multiplyAdd(x0, right, r0);
    if (rows > 1) {
      l1 = multiplyAdd(x1, left, l1);
      r1 = multiplyAdd(x1, right, r1);
    }
    if (rows > 2) {
      l2 = multiplyAdd(x2, left, l2);
      r2 = multiplyAdd(x2, right, r2);
    }
    if (rows > 3) {
      l3 = multiplyAdd(x3, left, l3);
      r3 = multiplyAdd(x3, right, r3);
    }
    if (--k == 0) break;
    left = v128.load(panel, 32);
    right = v128.load(panel, 48);
    x0 = packed ? v128.load32_splat(a0, 16) : v128.load32_splat(a0, 4);
    if (rows > 1) x1 = packed ? v128.load32_splat(a0, 20) : v128.load32_splat(a1, 4);
    if (rows > 2) x2 = packed ? v128.load32_splat(a0, 24) : v128.load32_splat(a2, 4);
    if (rows > 3) x3 = packed ? v128.load32_splat(a0, 28) : v128.load32_splat(a3, 4);
    l0 = multiplyAdd(x0, left, l0);
    r0 = multiplyAdd(x0, right, r0);
    if (rows > 1) {
      l1 = multiplyAdd(x1, left, l1);
      r1 = multiplyAdd(x1, right, r1);
    }
    if (rows > 2) {
      l2 = multiplyAdd(x2, left, l2);
      r2 = multiplyAdd(x2, right, r2);
    }
    if (rows > 3) {
      l3 = multiplyAdd(x3, left, l3);
      r3 = multiplyAdd(x3, right, r3);
    }
    if (--k == 0) break;
    left = v128.load(panel, 64);
    right = v128.load(panel, 80);
    x0 = packed ? v128.load32_splat(a0, 32) : v128.load32_splat(a0, 8);
    if (rows > 1) x1 = packed ? v128.load32_splat(a0, 36) : v128.load32_splat(a1, 8);
    if (rows > 2) x2 = packed ? v128.load32_splat(a0, 40) : v128.load32_splat(a2, 8);
    if (rows > 3) x3 = packed ? v128.load32_splat(a0, 44) : v128.load32_splat(a3, 8);
    l0 = multiplyAdd(x0, left, l0);
    r0 = multiplyAdd(x0, right, r0);
    if (rows > 1) {
      l1 = multiplyAdd(x1, left, l1);
      r1 = multiplyAdd(x1, right, r1);
    }
    if (rows > 2) {
      l2 = multiplyAdd(x2, left, l2);
      r2 = multiplyAdd(x2, right, r2);
    }
    if (rows > 3) {
      l3 = multiplyAdd(x3, left, l3);
      r3 = multiplyAdd(x3, right, r3);
    }
    if (--k == 0) break;
    left = v128.load(panel, 96);
    right = v128.load(panel, 112);
    x0 = packed ? v128.load32_splat(a0, 48) : v128.load32_splat(a0, 12);
    if (rows > 1) x1 = packed ? v128.load32_splat(a0, 52) : v128.load32_splat(a1, 12);
    if (rows > 2) x2 = packed ? v128.load32_splat(a0, 56) : v128.load32_splat(a2, 12);
    if (rows > 3) x3 = packed ? v128.load32_splat(a0, 60) : v128.load32_splat(a3, 12);
    l0 = multiplyAdd(x0, left, l0);
    r0 = multiplyAdd(x0, right, r0);
    if (rows > 1) {
      l1 = multiplyAdd(x1, left, l1);
      r1 = multiplyAdd(x1, right, r1);
    }
    if (rows > 2) {
      l2 = multiplyAdd(x2, left, l2);
      r2 = multiplyAdd(x2, right, r2);
    }
    if (rows > 3) {
      l3 = multiplyAdd(x3, left, l3);
      r3 = multiplyAdd(x3, right, r3);
    }
    k--;
    panel += 128;
    if (packed) {
      a0 += 64;
    } else {
      a0 += 16;
      if (rows > 1) a1 += 16;
      if (rows > 2) a2 += 16;
      if (rows > 3) a3 += 16;
    }
  }
  storeRow(c, l0, r0, bias, accumulate);
  if (rows > 1) storeRow(c + cRowBytes, l1, r1, bias, accumulate);
  if (rows > 2) storeRow(c + 2 * cRowBytes, l2, r2, bias, accumulate);
  if (rows > 3) storeRow(c + 3 * cRowBytes, l3, r3, bias, accumulate);
}

/** C[rows, 8] = or += A[rows, depth] · panel[depth, 8], tile below tile, for A read in place. */
export function tilesOfRows(
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
  for (; rows >= TILE_ROWS; rows -= TILE_ROWS) {
    tile(4, false, a, rowBytes, panel, depth, c, cRowBytes, bias, accumulate);
    a += 4 * rowBytes;
    c += 4 * cRowBytes;
  }
  if (rows == 3) tile(3, false, a, rowBytes, panel, depth, c, cRowBytes, bias, accumulate);
  else if (rows == 2) tile(2, false, a, rowBytes, panel, depth, c, cRowBytes, bias, accumulate);
  else if (rows == 1) tile(1, false, a, rowBytes, panel, depth, c, cRowBytes, bias, accumulate);
}

/** The same for `rows`, a multiple of 4, of packed A. */
export function tilesOfPanels(
  a: usize,
  rows: i32,
  panel: usize,
  depth: i32,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  for (; rows > 0; rows -= TILE_ROWS) {
    tile(4, true, a, 0, panel, depth, c, cRowBytes, bias, accumulate);
    a += <usize>depth * 16;
    c += 4 * cRowBytes;
  }
}
