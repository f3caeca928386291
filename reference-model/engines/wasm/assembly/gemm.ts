/**
 * Matrix products C[M, N] = or += op(A)[M, K] · op(B)[K, N] (+ bias[N]) for the four transpose forms, with leading dimensions
 * in floats. B is packed into panels of 8 columns; A is read in place, or packed into panels of 4 rows when it is transposed.
 * K is summed in blocks of 256: within a block in order, blocks added one after the other.
 */
import { packA, packB, packBTransposed } from './packing';
import { TILE_COLUMNS, TILE_ROWS, tilesOfPanels, tilesOfRows } from './tile';
import { BLOCK_COLUMNS, BLOCK_DEPTH, BLOCK_ROWS, packedA, packedB, tileBuffer } from './workspace';

/** Runs one tile, through the tile buffer if it sticks out of C. */
function edgeTile(
  packed: bool,
  a: usize,
  rowBytes: usize,
  rows: i32,
  columns: i32,
  panel: usize,
  depth: i32,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  const buffer = tileBuffer();
  if (packed) tilesOfPanels(a, TILE_ROWS, panel, depth, buffer, 32, 0, false);
  else tilesOfRows(a, rowBytes, rows, panel, depth, buffer, 32, 0, false);
  for (let row = 0; row < rows; row++) {
    const from = buffer + <usize>(row * 32);
    const to = c + <usize>row * cRowBytes;
    for (let column: usize = 0; column < <usize>columns * 4; column += 4) {
      let sum = load<f32>(from + column);
      if (accumulate) sum = load<f32>(to + column) + sum;
      else if (bias) sum += load<f32>(bias + column);
      store<f32>(to + column, sum);
    }
  }
}

/** C[rows, columns] = or += A · packed B, for one block of A's rows. Panels of B begin `panelBytes` apart. */
// @ts-ignore: decorator
@inline
function multiplyBlock(
  packed: bool,
  a: usize,
  rowBytes: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  panels: usize,
  panelBytes: usize,
  c: usize,
  cRowBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  let panel = panels;
  for (let column = 0; column < columns; column += TILE_COLUMNS) {
    const tileColumns = min(TILE_COLUMNS, columns - column);
    const tileBias = bias ? bias + <usize>column * 4 : 0;
    const tilesC = c + <usize>column * 4;
    // Rows whose tiles stick out nowhere.
    const whole = tileColumns < TILE_COLUMNS ? 0 : packed ? rows & ~(TILE_ROWS - 1) : rows;
    if (packed) tilesOfPanels(a, whole, panel, depth, tilesC, cRowBytes, tileBias, accumulate);
    else tilesOfRows(a, rowBytes, whole, panel, depth, tilesC, cRowBytes, tileBias, accumulate);
    for (let row = whole; row < rows; row += TILE_ROWS) {
      const tileRows = min(TILE_ROWS, rows - row);
      const tileA = packed ? a + <usize>row * <usize>depth * 4 : a + <usize>row * rowBytes;
      const tileC = tilesC + <usize>row * cRowBytes;
      edgeTile(packed, tileA, rowBytes, tileRows, tileColumns, panel, depth, tileC, cRowBytes, tileBias, accumulate);
    }
    panel += panelBytes;
  }
}

/** C[m, columns] = or += op(A)[m, depth] · packed B, in blocks of rows. */
function multiplyRows(
  transposeA: bool,
  m: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aBytes: usize,
  panels: usize,
  panelBytes: usize,
  c: usize,
  cBytes: usize,
  bias: usize,
  accumulate: bool,
): void {
  for (let row = 0; row < m; row += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, m - row);
    const rowsC = c + <usize>row * cBytes;
    if (transposeA) {
      packA(a + <usize>row * 4, aBytes, depth, rows);
      multiplyBlock(true, packedA(), 0, rows, columns, depth, panels, panelBytes, rowsC, cBytes, bias, accumulate);
    } else {
      const rowsA = a + <usize>row * aBytes;
      multiplyBlock(false, rowsA, aBytes, rows, columns, depth, panels, panelBytes, rowsC, cBytes, bias, accumulate);
    }
  }
}

/**
 * One product. `ldA`, `ldB`, `ldC` are the distances in floats between stored rows: A is stored [M, K] or, transposed, [K, M];
 * B is stored [K, N] or, transposed, [N, K]. `bias` 0 means none; it is ignored when `accumulate` is set.
 */
export function gemm(
  transposeA: bool,
  transposeB: bool,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  ldA: i32,
  b: usize,
  ldB: i32,
  c: usize,
  ldC: i32,
  bias: usize,
  accumulate: bool,
): void {
  const aBytes = <usize>ldA * 4;
  const bBytes = <usize>ldB * 4;
  const cBytes = <usize>ldC * 4;
  for (let column = 0; column < n; column += BLOCK_COLUMNS) {
    const columns = min(BLOCK_COLUMNS, n - column);
    const blockBias = bias ? bias + <usize>column * 4 : 0;
    let depth = 0;
    // An empty sum (K = 0) still has to write zeros or the bias.
    do {
      const blockDepth = min(BLOCK_DEPTH, k - depth);
      if (transposeB) packBTransposed(b + <usize>column * bBytes + <usize>depth * 4, bBytes, blockDepth, columns);
      else packB(b + <usize>depth * bBytes + <usize>column * 4, bBytes, blockDepth, columns);
      multiplyRows(
        transposeA, m, columns, blockDepth, a + <usize>depth * (transposeA ? aBytes : 4), aBytes,
        packedB(), <usize>blockDepth * 32, c + <usize>column * 4, cBytes, blockBias, accumulate || depth > 0,
      );
      depth += BLOCK_DEPTH;
    } while (depth < k);
  }
}

/** Packs all of op(B)[K, N] for several calls of `gemmPacked`; false, with nothing done, where it is larger than one block. */
export function packWhole(transposeB: bool, n: i32, k: i32, b: usize, ldB: i32): bool {
  if (n > BLOCK_COLUMNS || k > BLOCK_DEPTH) return false;
  if (transposeB) packBTransposed(b, <usize>ldB * 4, k, n);
  else packB(b, <usize>ldB * 4, k, n);
  return true;
}

/**
 * C[M, n] = or += op(A)[M, k] · the part of a packed B of `packedDepth` rows that begins with row `first` and has k rows and the n
 * leading columns. The same bits as `gemm` of that part.
 */
export function gemmPacked(
  transposeA: bool,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  ldA: i32,
  packedDepth: i32,
  first: i32,
  c: usize,
  ldC: i32,
  accumulate: bool,
): void {
  const panels = packedB() + <usize>first * 32;
  multiplyRows(
    transposeA, m, n, k, a, <usize>ldA * 4, panels, <usize>packedDepth * 32, c, <usize>ldC * 4, 0, accumulate,
  );
}

/** `batch` products of contiguous matrices; a stride (in floats) of 0 repeats the same matrix. */
export function gemmBatched(
  transposeA: bool,
  transposeB: bool,
  batch: i32,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  strideA: i32,
  b: usize,
  strideB: i32,
  c: usize,
): void {
  const ldA = transposeA ? m : k;
  const ldB = transposeB ? k : n;
  for (let i = 0; i < batch; i++) {
    gemm(transposeA, transposeB, m, n, k, a, ldA, b, ldB, c, n, 0, false);
    a += <usize>strideA * 4;
    b += <usize>strideB * 4;
    c += <usize>m * <usize>n * 4;
  }
}
