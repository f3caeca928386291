/**
 * Rows of a table by id, the gradient that adds rows back in order of the ids, and rotary position embedding
 * (Su et al. 2021, arXiv 2104.09864). Functions that check ids return the index of the first bad one, or −1.
 */

/** y[count, columns] = table[ids]; ids are int32. */
export function embeddingLookup(count: i32, columns: i32, tableRows: i32, table: usize, ids: usize, y: usize): i32 {
  const bytes = <usize>columns * 4;
  for (let i = 0; i < count; i++) {
    const id = load<i32>(ids + <usize>i * 4);
    if (<u32>id >= <u32>tableRows) return i;
    memory.copy(y + <usize>i * bytes, table + <usize>id * bytes, bytes);
  }
  return -1;
}

/** tableGradient[tableRows, columns] = zeros, then row ids[i] += dy[i] for i = 0, 1, … */
export function embeddingGradient(
  count: i32, columns: i32, tableRows: i32, dy: usize, ids: usize, tableGradient: usize,
): i32 {
  const bytes = <usize>columns * 4;
  memory.fill(tableGradient, 0, <usize>tableRows * bytes);
  for (let i = 0; i < count; i++) {
    const id = load<i32>(ids + <usize>i * 4);
    if (<u32>id >= <u32>tableRows) return i;
    const from = dy + <usize>i * bytes;
    const to = tableGradient + <usize>id * bytes;
    let column: usize = 0;
    for (; column + 16 <= bytes; column += 16) {
      v128.store(to + column, f32x4.add(v128.load(to + column), v128.load(from + column)));
    }
    for (; column < bytes; column += 4) store<f32>(to + column, load<f32>(to + column) + load<f32>(from + column));
  }
  return -1;
}

/**
 * x[tokens, H, D], positions int32 [tokens], cosine and sine [P, D/2]: channels i and i + D/2 are rotated by the angle of
 * their position, backwards if `inverse`.
 */
export function rotaryEmbedding(
  tokens: i32,
  heads: i32,
  d: i32,
  tablePositions: i32,
  inverse: bool,
  x: usize,
  positions: usize,
  cosine: usize,
  sine: usize,
  y: usize,
): i32 {
  const half = <usize>(d / 2) * 4;
  const sign = f32x4.splat(inverse ? -1.0 : 1.0);
  const sign1: f32 = inverse ? -1.0 : 1.0;
  for (let token = 0; token < tokens; token++) {
    const position = load<i32>(positions + <usize>token * 4);
    if (<u32>position >= <u32>tablePositions) return token;
    const cosines = cosine + <usize>position * half;
    const sines = sine + <usize>position * half;
    for (let head = 0; head < heads; head++) {
      let i: usize = 0;
      for (; i + 16 <= half; i += 16) {
        const first = v128.load(x + i);
        const second = v128.load(x + half + i);
        const cos = v128.load(cosines + i);
        const sin = f32x4.mul(v128.load(sines + i), sign);
        v128.store(y + i, f32x4.sub(f32x4.mul(first, cos), f32x4.mul(second, sin)));
        v128.store(y + half + i, f32x4.add(f32x4.mul(second, cos), f32x4.mul(first, sin)));
      }
      for (; i < half; i += 4) {
        const first = load<f32>(x + i);
        const second = load<f32>(x + half + i);
        const cos = load<f32>(cosines + i);
        const sin = load<f32>(sines + i) * sign1;
        store<f32>(y + i, first * cos - second * sin);
        store<f32>(y + half + i, second * cos + first * sin);
      }
      x += half * 2;
      y += half * 2;
    }
  }
  return -1;
}
