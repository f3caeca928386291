/**
 * Copies blocks of A and B into the order in which the tile reads them: B as panels of 8 columns, A as panels of 4 rows,
 * depth by depth. Panels that stick out are filled with zeros.
 */
import { packedA, packedB } from './workspace';

/** B[depth, columns] stored by rows. Two panels at a time, so that every 64-byte line is read once. */
export function packB(b: usize, rowBytes: usize, depth: i32, columns: i32): void {
  let to = packedB();
  const panelBytes = <usize>depth * 32;
  let column = 0;
  for (; column + 16 <= columns; column += 16) {
    let from = b + <usize>column * 4;
    for (let k = 0; k < depth; k++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to + panelBytes, v128.load(from, 32));
      v128.store(to + panelBytes, v128.load(from, 48), 16);
      from += rowBytes;
      to += 32;
    }
    to += panelBytes;
  }
  for (; column + 8 <= columns; column += 8) {
    let from = b + <usize>column * 4;
    for (let k = 0; k < depth; k++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += rowBytes;
      to += 32;
    }
  }
  const rest = columns - column;
  if (rest > 0) {
    let from = b + <usize>column * 4;
    for (let k = 0; k < depth; k++) {
      for (let j = 0; j < 8; j++) {
        store<f32>(to + <usize>j * 4, j < rest ? load<f32>(from + <usize>j * 4) : 0);
      }
      from += rowBytes;
      to += 32;
    }
  }
}

/** Transposes the 4 × 4 floats at four rows and stores them as four half rows of a panel. */
// @ts-ignore: decorator
@inline
function transposeInto(to: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const low01 = i8x16.shuffle(x0, x1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const high01 = i8x16.shuffle(x0, x1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const low23 = i8x16.shuffle(x2, x3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const high23 = i8x16.shuffle(x2, x3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  v128.store(to, i8x16.shuffle(low01, low23, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  v128.store(to, i8x16.shuffle(low01, low23, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31), 32);
  v128.store(to, i8x16.shuffle(high01, high23, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), 64);
  v128.store(to, i8x16.shuffle(high01, high23, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31), 96);
}

/** B[depth, columns] stored transposed, [columns, depth]. */
export function packBTransposed(b: usize, rowBytes: usize, depth: i32, columns: i32): void {
  let to = packedB();
  let column = 0;
  for (; column + 8 <= columns; column += 8) {
    const b0 = b + <usize>column * rowBytes;
    const b1 = b0 + rowBytes;
    const b2 = b1 + rowBytes;
    const b3 = b2 + rowBytes;
    const b4 = b3 + rowBytes;
    const b5 = b4 + rowBytes;
    const b6 = b5 + rowBytes;
    const b7 = b6 + rowBytes;
    let k: usize = 0;
    const end = <usize>depth * 4;
    for (; k + 16 <= end; k += 16) {
      transposeInto(to, v128.load(b0 + k), v128.load(b1 + k), v128.load(b2 + k), v128.load(b3 + k));
      transposeInto(to + 16, v128.load(b4 + k), v128.load(b5 + k), v128.load(b6 + k), v128.load(b7 + k));
      to += 128;
    }
    for (; k < end; k += 4) {
      for (let j: usize = 0; j < 8; j++) store<f32>(to + j * 4, load<f32>(b0 + j * rowBytes + k));
      to += 32;
    }
  }
  const rest = <usize>(columns - column);
  if (rest > 0) {
    const from = b + <usize>column * rowBytes;
    for (let k: usize = 0; k < <usize>depth * 4; k += 4) {
      for (let j: usize = 0; j < 8; j++) {
        store<f32>(to + j * 4, j < rest ? load<f32>(from + j * rowBytes + k) : 0);
      }
      to += 32;
    }
  }
}

/** A[rows, depth] stored transposed, [depth, rows]. */
export function packA(a: usize, rowBytes: usize, depth: i32, rows: i32): void {
  let to = packedA();
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let from = a + <usize>row * 4;
    for (let k = 0; k < depth; k++) {
      v128.store(to, v128.load(from));
      from += rowBytes;
      to += 16;
    }
  }
  const rest = rows - row;
  if (rest > 0) {
    let from = a + <usize>row * 4;
    for (let k = 0; k < depth; k++) {
      for (let i = 0; i < 4; i++) store<f32>(to + <usize>i * 4, i < rest ? load<f32>(from + <usize>i * 4) : 0);
      from += rowBytes;
      to += 16;
    }
  }
}
