/**
 * The two passes of resizing 8-bit RGB, and what levels become. The passes are weighted sums of pixels, exact in 32 bits, rounded and clipped to 8. A weight of 23 bits comes as
 * two 16-bit halves, upper · 2¹¹ + lower, so that one instruction multiplies and adds two taps of four values. Sums may wrap on their way:
 * what they come to fits into 32 bits. Layout of weights, for each two taps: upper, upper, lower, lower.
 */

const WEIGHT_BITS: i32 = 22;
const LOWER_BITS: i32 = 11;

/** First address that belongs to the caller. */
export function heapStart(): usize {
  return (__heap_base + 15) & ~15;
}

// @ts-ignore: decorator
@inline
function rounded(upper: v128, lower: v128): v128 {
  const half = i32x4.splat(1 << (WEIGHT_BITS - 1));
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.shl(upper, LOWER_BITS), lower), half), WEIGHT_BITS);
}

/** Red, red, green, green, blue, blue of the first two pixels as 16 bits; byte 15 of the source must be zero. */
// @ts-ignore: decorator
@inline
function firstTwo(pixels: v128): v128 {
  return i8x16.shuffle(pixels, pixels, 0, 15, 3, 15, 1, 15, 4, 15, 2, 15, 5, 15, 15, 15, 15, 15);
}

/** The same of the third and the fourth. */
// @ts-ignore: decorator
@inline
function nextTwo(pixels: v128): v128 {
  return i8x16.shuffle(pixels, pixels, 6, 15, 9, 15, 7, 15, 10, 15, 8, 15, 11, 15, 15, 15, 15, 15);
}

// @ts-ignore: decorator
@inline
function storePixel(to: usize, upper: v128, lower: v128): void {
  const words = i16x8.narrow_i32x4_s(rounded(upper, lower), rounded(upper, lower));
  const bytes = i8x16.narrow_i16x8_u(words, words);
  v128.store_lane<u16>(to, bytes, 0);
  v128.store_lane<u8>(to, bytes, 2, 2);
}

/**
 * Pixels of `columns` results of each of `rows` rows. Reads up to 15 bytes beyond the last pixel that it needs.
 * @param starts i32 [columns], bytes from the start of a row to the first tap
 * @param counts i32 [columns], taps, filled up with weights of zero to a multiple of 4
 * @param weights i16, `weightBytes` for each result
 */
export function alongRows(
  source: usize,
  sourceBytes: usize,
  rows: i32,
  target: usize,
  targetBytes: usize,
  columns: i32,
  starts: usize,
  counts: usize,
  weights: usize,
  weightBytes: usize,
): void {
  const pixels = i32x4(-1, -1, -1, 0x00ffffff);
  for (let row = 0; row < rows; row += 2) {
    const first = source + <usize>row * sourceBytes;
    // The last of an odd number of rows is done twice.
    const isPair = row + 1 < rows;
    const second = isPair ? first + sourceBytes : first;
    let to = target + <usize>row * targetBytes;
    const toSecond = isPair ? targetBytes : 0;
    for (let column = 0; column < columns; column++) {
      const start = <usize>load<i32>(starts + <usize>column * 4);
      const end = weights + <usize>column * weightBytes + <usize>load<i32>(counts + <usize>column * 4) * 4;
      let from = first + start;
      let fromSecond = second + start;
      let upper = i32x4.splat(0);
      let lower = i32x4.splat(0);
      let upperSecond = i32x4.splat(0);
      let lowerSecond = i32x4.splat(0);
      for (let at = weights + <usize>column * weightBytes; at < end; at += 16) {
        const four = v128.and(v128.load(from), pixels);
        const fourSecond = v128.and(v128.load(fromSecond), pixels);
        const two = firstTwo(four);
        const twoSecond = firstTwo(fourSecond);
        const upperWeights = v128.load32_splat(at);
        const lowerWeights = v128.load32_splat(at, 4);
        upper = i32x4.add(upper, i32x4.dot_i16x8_s(two, upperWeights));
        lower = i32x4.add(lower, i32x4.dot_i16x8_s(two, lowerWeights));
        upperSecond = i32x4.add(upperSecond, i32x4.dot_i16x8_s(twoSecond, upperWeights));
        lowerSecond = i32x4.add(lowerSecond, i32x4.dot_i16x8_s(twoSecond, lowerWeights));
        const more = nextTwo(four);
        const moreSecond = nextTwo(fourSecond);
        const moreUpper = v128.load32_splat(at, 8);
        const moreLower = v128.load32_splat(at, 12);
        upper = i32x4.add(upper, i32x4.dot_i16x8_s(more, moreUpper));
        lower = i32x4.add(lower, i32x4.dot_i16x8_s(more, moreLower));
        upperSecond = i32x4.add(upperSecond, i32x4.dot_i16x8_s(moreSecond, moreUpper));
        lowerSecond = i32x4.add(lowerSecond, i32x4.dot_i16x8_s(moreSecond, moreLower));
        from += 12;
        fromSecond += 12;
      }
      storePixel(to, upper, lower);
      storePixel(to + toSecond, upperSecond, lowerSecond);
      to += 3;
    }
  }
}

/**
 * Bytes of `rows` results, 16 at a time; rows of source and target lie `rowBytes`, a multiple of 16, from each other.
 * @param starts i32 [rows], first tap as a row of the source
 * @param counts i32 [rows], taps, filled up with weights of zero to a multiple of 4
 */
export function alongColumns(
  source: usize,
  rowBytes: usize,
  target: usize,
  rows: i32,
  starts: usize,
  counts: usize,
  weights: usize,
  weightBytes: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const first = source + <usize>load<i32>(starts + <usize>row * 4) * rowBytes;
    const begin = weights + <usize>row * weightBytes;
    const end = begin + <usize>load<i32>(counts + <usize>row * 4) * 4;
    const to = target + <usize>row * rowBytes;
    for (let column: usize = 0; column < rowBytes; column += 16) {
      let from = first + column;
      let upper0 = i32x4.splat(0);
      let upper1 = i32x4.splat(0);
      let upper2 = i32x4.splat(0);
      let upper3 = i32x4.splat(0);
      let lower0 = i32x4.splat(0);
      let lower1 = i32x4.splat(0);
      let lower2 = i32x4.splat(0);
      let lower3 = i32x4.splat(0);
      for (let at = begin; at < end; at += 8) {
        const above = v128.load(from);
        const below = v128.load(from + rowBytes);
        from += rowBytes * 2;
        const upperWeights = v128.load32_splat(at);
        const lowerWeights = v128.load32_splat(at, 4);
        const left = i8x16.shuffle(above, below, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const right = i8x16.shuffle(above, below, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const pairs0 = i16x8.extend_low_i8x16_u(left);
        upper0 = i32x4.add(upper0, i32x4.dot_i16x8_s(pairs0, upperWeights));
        lower0 = i32x4.add(lower0, i32x4.dot_i16x8_s(pairs0, lowerWeights));
        const pairs1 = i16x8.extend_high_i8x16_u(left);
        upper1 = i32x4.add(upper1, i32x4.dot_i16x8_s(pairs1, upperWeights));
        lower1 = i32x4.add(lower1, i32x4.dot_i16x8_s(pairs1, lowerWeights));
        const pairs2 = i16x8.extend_low_i8x16_u(right);
        upper2 = i32x4.add(upper2, i32x4.dot_i16x8_s(pairs2, upperWeights));
        lower2 = i32x4.add(lower2, i32x4.dot_i16x8_s(pairs2, lowerWeights));
        const pairs3 = i16x8.extend_high_i8x16_u(right);
        upper3 = i32x4.add(upper3, i32x4.dot_i16x8_s(pairs3, upperWeights));
        lower3 = i32x4.add(lower3, i32x4.dot_i16x8_s(pairs3, lowerWeights));
      }
      const words0 = i16x8.narrow_i32x4_s(rounded(upper0, lower0), rounded(upper1, lower1));
      const words1 = i16x8.narrow_i32x4_s(rounded(upper2, lower2), rounded(upper3, lower3));
      v128.store(to + column, i8x16.narrow_i16x8_u(words0, words1));
    }
  }
}

/**
 * What each level of each channel becomes.
 * @param tables f32 [3, 256]
 * @param target f32 [pixels, 3]
 */
export function scaleLevels(source: usize, pixels: i32, tables: usize, target: usize): void {
  for (let pixel = 0; pixel < pixels; pixel++) {
    store<f32>(target, load<f32>(tables + ((<usize>load<u8>(source)) << 2)));
    store<f32>(target, load<f32>(tables + ((<usize>load<u8>(source, 1)) << 2), 1024), 4);
    store<f32>(target, load<f32>(tables + ((<usize>load<u8>(source, 2)) << 2), 2048), 8);
    source += 3;
    target += 12;
  }
}
