/**
 * Masked attention with grouped queries, head by head on strided [B, T, H, D] tensors, and its gradient.
 * A forbidden position has probability exactly 0 and is never read into a result: where an operand is not finite (0 · ∞ would
 * be NaN), the products run one allowed position at a time instead of as matrix products.
 */
import { gemm, gemmPacked, packWhole } from './gemm';
import { maskedSoftmaxRow, softmaxGradientRow } from './masked-softmax';
import { horizontalSum } from './math';

/** Whether a strided matrix holds only finite numbers: 0 · x is 0 exactly for these. */
function isFinite2d(from: usize, rows: i32, columns: i32, rowBytes: usize): bool {
  const zero = f32x4.splat(0);
  let sum = zero;
  let rest: f32 = 0;
  for (let row = 0; row < rows; row++) {
    let column: usize = 0;
    const end = <usize>columns * 4;
    for (; column + 16 <= end; column += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(from + column), zero));
    for (; column < end; column += 4) rest += load<f32>(from + column) * 0;
    from += rowBytes;
  }
  return horizontalSum(sum) + rest == 0;
}

/** Whether all numbers of a tensor are finite: then those of every head are. */
function isFiniteTensor(from: usize, count: i32): bool {
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  const end = from + <usize>count * 4;
  for (; from + 64 <= end; from += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(from), zero));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(from, 16), zero));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(from, 32), zero));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(from, 48), zero));
  }
  const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return horizontalSum(sum) == 0 && isFinite2d(from, 1, <i32>((end - from) / 4), 0);
}

/** out[T, D] = or += weights[T, S] · x[S, D] (rows of weights and mask `ldWeights` apart) over allowed positions only, or of weightsᵀ and out[S, D], x[T, D]. */
function allowedProduct(
  transpose: bool,
  t: i32,
  s: i32,
  d: i32,
  weights: usize,
  ldWeights: i32,
  mask: usize,
  x: usize,
  xBytes: usize,
  out: usize,
  outBytes: usize,
  accumulate: bool,
): void {
  const rows = transpose ? s : t;
  const inner = transpose ? t : s;
  for (let row = 0; row < rows; row++) {
    const to = out + <usize>row * outBytes;
    if (!accumulate) memory.fill(to, 0, <usize>d * 4);
    for (let i = 0; i < inner; i++) {
      const position = <usize>(transpose ? i * ldWeights + row : row * ldWeights + i);
      if (!load<u8>(mask + position)) continue;
      const weight = load<f32>(weights + position * 4);
      const from = x + <usize>i * xBytes;
      for (let column: usize = 0; column < <usize>d * 4; column += 4) {
        store<f32>(to + column, load<f32>(to + column) + weight * load<f32>(from + column));
      }
    }
  }
}

/** Rows computed together: two tiles of the matrix product. */
const BLOCK_ROWS: i32 = 8;

/** How the products of one head with a matrix are computed. */
const PACKED: i32 = 0;
const BLOCK_BY_BLOCK: i32 = 1;
const ALLOWED_ONLY: i32 = 2;

/** Packs x[rows, D] as the right factor of weighted sums, once for all blocks of a head; `finite` says that its whole tensor is. */
function prepare(x: usize, rows: i32, d: i32, ldX: i32, finite: bool): i32 {
  if (!finite && !isFinite2d(x, rows, d, <usize>ldX * 4)) return ALLOWED_ONLY;
  return packWhole(false, d, rows, x, ldX) ? PACKED : BLOCK_BY_BLOCK;
}

/** block[rows, visible] = x[rows, D] · y[.., D]ᵀ, of whose `length` rows the first `visible` count. */
function scores(
  packed: bool, rows: i32, visible: i32, d: i32, x: usize, ldX: i32, y: usize, ldY: i32, block: usize, length: i32,
): void {
  if (packed) gemmPacked(false, rows, visible, d, x, ldX, d, 0, block, length, false);
  else gemm(false, true, rows, visible, d, x, ldX, y, ldY, block, length, 0, false);
}

/**
 * How many leading positions some row of a block may see, rounded up to whole panels of 8. What lies behind them is skipped: under a
 * causal mask a third of all pairs. Skipped terms are exact zeros and no sum is grouped otherwise, so the bits stay those of the whole.
 */
function visiblePositions(mask: usize, rows: i32, length: i32): i32 {
  let visible: i32 = 0;
  for (let row = 0; row < rows; row++) {
    let end = length;
    while (end - 8 >= visible && load<u64>(mask + <usize>(end - 8)) == 0) end -= 8;
    while (end > visible && load<u8>(mask + <usize>(end - 1)) == 0) end--;
    if (end > visible) visible = end;
    mask += <usize>length;
  }
  return min(length, (visible + 7) & ~7);
}

/** The first of `t` rows that may see one of the `columns` positions from `column` on; t if none does. */
function firstViewer(mask: usize, t: i32, s: i32, column: i32, columns: i32): i32 {
  for (let row = 0; row < t; row++) {
    const from = mask + <usize>(row * s + column);
    for (let i = 0; i < columns; i++) if (load<u8>(from + <usize>i)) return row;
  }
  return t;
}

/** out[T, D] = weights[T, S] · x[S, D], in blocks of rows that see as many positions. */
function weightedSum(
  t: i32, s: i32, d: i32, weights: usize, mask: usize, x: usize, ldX: i32, finite: bool, out: usize, ldOut: i32,
): void {
  const way = prepare(x, s, d, ldX, finite);
  for (let first = 0; first < t; first += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, t - first);
    const offset = <usize>first * <usize>s;
    const visible = visiblePositions(mask + offset, rows, s);
    const block = weights + offset * 4;
    const to = out + <usize>(first * ldOut) * 4;
    if (way == PACKED) gemmPacked(false, rows, d, visible, block, s, s, 0, to, ldOut, false);
    else if (way == BLOCK_BY_BLOCK) gemm(false, false, rows, d, visible, block, s, x, ldX, to, ldOut, 0, false);
    else allowedProduct(false, rows, visible, d, block, s, mask + offset, x, <usize>ldX * 4, to, <usize>ldOut * 4, false);
  }
}

/**
 * out[S, D] = or += weightsᵀ · x for weights [T, S] and x [T, D], in blocks of positions: rows in front of the first that sees one of a
 * block's positions are skipped.
 */
function weightedSumOfViewers(
  t: i32,
  s: i32,
  d: i32,
  weights: usize,
  mask: usize,
  x: usize,
  ldX: i32,
  finite: bool,
  out: usize,
  ldOut: i32,
  accumulate: bool,
): void {
  const way = prepare(x, t, d, ldX, finite);
  for (let column = 0; column < s; column += BLOCK_ROWS) {
    const columns = min(BLOCK_ROWS, s - column);
    const first = firstViewer(mask, t, s, column, columns);
    const viewers = t - first;
    const offset = <usize>(first * s + column);
    const block = weights + offset * 4;
    const to = out + <usize>(column * ldOut) * 4;
    const from = x + <usize>(first * ldX) * 4;
    if (way == PACKED) gemmPacked(true, columns, d, viewers, block, s, t, first, to, ldOut, accumulate);
    else if (way == BLOCK_BY_BLOCK) {
      gemm(true, false, columns, d, viewers, block, s, from, ldX, to, ldOut, 0, accumulate);
    } else {
      allowedProduct(
        true, viewers, columns, d, block, s, mask + offset, from, <usize>ldX * 4, to, <usize>ldOut * 4, accumulate,
      );
    }
  }
}

/** query [B, T, H, D], key and value [B, S, G, D], mask [B, T, S] bytes → out [B, T, H, D], probabilities [B, H, T, S]. */
export function attention(
  batch: i32,
  t: i32,
  s: i32,
  heads: i32,
  groups: i32,
  d: i32,
  scale: f32,
  query: usize,
  key: usize,
  value: usize,
  mask: usize,
  out: usize,
  probabilities: usize,
): void {
  const ldQuery = heads * d;
  const ldKey = groups * d;
  const headsPerGroup = heads / groups;
  const pairs = <usize>t * <usize>s;
  const finiteValue = isFiniteTensor(value, batch * s * ldKey);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const queryOffset = <usize>(b * t * ldQuery + head * d) * 4;
      const keyOffset = <usize>(b * s * ldKey + (head / headsPerGroup) * d) * 4;
      const batchMask = mask + <usize>b * pairs;
      const packed = packWhole(true, s, d, key + keyOffset, ldKey);
      for (let first = 0; first < t; first += BLOCK_ROWS) {
        const rows = min(BLOCK_ROWS, t - first);
        const blockMask = batchMask + <usize>first * <usize>s;
        const visible = visiblePositions(blockMask, rows, s);
        const block = probabilities + <usize>first * <usize>s * 4;
        const blockQuery = query + queryOffset + <usize>(first * ldQuery) * 4;
        scores(packed, rows, visible, d, blockQuery, ldQuery, key + keyOffset, ldKey, block, s);
        for (let row: usize = 0; row < <usize>rows; row++) {
          const offset = row * <usize>s;
          const weights = block + offset * 4;
          maskedSoftmaxRow(weights, blockMask + offset, <usize>visible, scale);
          memory.fill(weights + <usize>visible * 4, 0, <usize>(s - visible) * 4);
        }
      }
      weightedSum(
        t, s, d, probabilities, batchMask, value + keyOffset, ldKey, finiteValue, out + queryOffset, ldQuery,
      );
      probabilities += pairs * 4;
    }
  }
}

/** `scratch` holds T · S floats. Gradients of a key group add up over its query heads, in order of the heads. */
export function attentionGradient(
  batch: i32,
  t: i32,
  s: i32,
  heads: i32,
  groups: i32,
  d: i32,
  scale: f32,
  outGradient: usize,
  query: usize,
  key: usize,
  value: usize,
  mask: usize,
  probabilities: usize,
  queryGradient: usize,
  keyGradient: usize,
  valueGradient: usize,
  scratch: usize,
): void {
  const ldQuery = heads * d;
  const ldKey = groups * d;
  const headsPerGroup = heads / groups;
  const pairs = <usize>t * <usize>s;
  const finiteKey = isFiniteTensor(key, batch * s * ldKey);
  const finiteQuery = isFiniteTensor(query, batch * t * ldQuery);
  const finiteGradient = isFiniteTensor(outGradient, batch * t * ldQuery);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const queryOffset = <usize>(b * t * ldQuery + head * d) * 4;
      const keyOffset = <usize>(b * s * ldKey + (head / headsPerGroup) * d) * 4;
      const batchMask = mask + <usize>b * pairs;
      const add = head % headsPerGroup != 0;
      const headGradient = outGradient + queryOffset;
      const packed = packWhole(true, s, d, value + keyOffset, ldKey);
      for (let first = 0; first < t; first += BLOCK_ROWS) {
        const rows = min(BLOCK_ROWS, t - first);
        const blockOffset = <usize>first * <usize>s;
        const blockMask = batchMask + blockOffset;
        const visible = visiblePositions(blockMask, rows, s);
        const block = scratch + blockOffset * 4;
        const blockGradient = headGradient + <usize>(first * ldQuery) * 4;
        scores(packed, rows, visible, d, blockGradient, ldQuery, value + keyOffset, ldKey, block, s);
        for (let row: usize = 0; row < <usize>rows; row++) {
          const offset = row * <usize>s;
          const gradient = block + offset * 4;
          const weights = probabilities + (blockOffset + offset) * 4;
          softmaxGradientRow(gradient, weights, blockMask + offset, <usize>visible, scale);
          memory.fill(gradient + <usize>visible * 4, 0, <usize>(s - visible) * 4);
        }
      }
      weightedSum(
        t, s, d, scratch, batchMask, key + keyOffset, ldKey, finiteKey, queryGradient + queryOffset, ldQuery,
      );
      weightedSumOfViewers(
        t, s, d, probabilities, batchMask, headGradient, ldQuery, finiteGradient, valueGradient + keyOffset, ldKey, add,
      );
      weightedSumOfViewers(
        t, s, d, scratch, batchMask, query + queryOffset, ldQuery, finiteQuery, keyGradient + keyOffset, ldKey, add,
      );
      probabilities += pairs * 4;
    }
  }
}
