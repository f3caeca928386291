/**
 * Elementwise arithmetic. A binary operation runs over rows × columns with byte strides per operand, which covers equal shapes,
 * scalars, row and column broadcasts; it may read up to 12 bytes past the end of an operand, but writes its result alone. Other
 * operations run over whole vectors: buffers are padded.
 */
import { exponential, hyperbolicTangent, logistic } from './math';
import { splatBuffer } from './workspace';

// @ts-ignore: decorator
@inline
function apply2(operation: i32, a: v128, b: v128): v128 {
  if (operation == 0) return f32x4.add(a, b);
  if (operation == 1) return f32x4.sub(a, b);
  if (operation == 2) return f32x4.mul(a, b);
  if (operation == 3) return f32x4.div(a, b);
  if (operation == 4) return f32x4.max(a, b);
  if (operation == 5) return f32x4.min(a, b);
  const difference = f32x4.sub(a, b);
  return f32x4.mul(difference, difference);
}

/** `aStep` and `bStep` are 16, or 0 for an operand that is one number per row. */
// @ts-ignore: decorator
@inline
function binary(
  operation: i32,
  rows: i32,
  columns: i32,
  a: usize,
  aRowBytes: usize,
  aStep: usize,
  b: usize,
  bRowBytes: usize,
  bStep: usize,
  out: usize,
): void {
  const rowBytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++) {
    let left = a;
    let right = b;
    if (!aStep) {
      left = splatBuffer();
      v128.store(left, v128.load32_splat(a));
    }
    if (!bStep) {
      right = splatBuffer() + 16;
      v128.store(right, v128.load32_splat(b));
    }
    let i: usize = 0;
    for (; i + 16 <= rowBytes; i += 16) {
      v128.store(out + i, apply2(operation, v128.load(left), v128.load(right)));
      left += aStep;
      right += bStep;
    }
    const rest = rowBytes - i;
    if (rest) {
      const last = apply2(operation, v128.load(left), v128.load(right));
      if (rest == 4) {
        v128.store32_lane(out + i, last, 0);
      } else {
        v128.store64_lane(out + i, last, 0);
        if (rest == 12) v128.store32_lane(out + i + 8, last, 2);
      }
    }
    a += aRowBytes;
    b += bRowBytes;
    out += rowBytes;
  }
}

export function add(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(0, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

export function subtract(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(1, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

export function multiply(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(2, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

export function divide(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(3, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

export function maximum(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(4, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

export function minimum(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(5, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

export function squaredDifference(
  rows: i32, columns: i32, a: usize, aRow: usize, aStep: usize, b: usize, bRow: usize, bStep: usize, out: usize,
): void {
  binary(6, rows, columns, a, aRow, aStep, b, bRow, bStep, out);
}

// @ts-ignore: decorator
@inline
function apply1(operation: i32, x: v128): v128 {
  if (operation == 0) return f32x4.neg(x);
  if (operation == 1) return f32x4.mul(x, x);
  if (operation == 2) return f32x4.sqrt(x);
  if (operation == 3) return f32x4.div(f32x4.splat(1.0), f32x4.sqrt(x));
  if (operation == 4) return f32x4.div(f32x4.splat(1.0), x);
  if (operation == 5) return f32x4.abs(x);
  if (operation == 6) return f32x4.max(x, f32x4.splat(0));
  if (operation == 7) return exponential(x);
  if (operation == 8) return logistic(x);
  return hyperbolicTangent(x);
}

// @ts-ignore: decorator
@inline
function unary(operation: i32, vectors: i32, x: usize, out: usize): void {
  for (let i: usize = 0, end = <usize>vectors * 16; i < end; i += 16) {
    v128.store(out + i, apply1(operation, v128.load(x + i)));
  }
}

export function negate(vectors: i32, x: usize, out: usize): void {
  unary(0, vectors, x, out);
}

export function square(vectors: i32, x: usize, out: usize): void {
  unary(1, vectors, x, out);
}

export function squareRoot(vectors: i32, x: usize, out: usize): void {
  unary(2, vectors, x, out);
}

export function reciprocalSquareRoot(vectors: i32, x: usize, out: usize): void {
  unary(3, vectors, x, out);
}

export function reciprocal(vectors: i32, x: usize, out: usize): void {
  unary(4, vectors, x, out);
}

export function absolute(vectors: i32, x: usize, out: usize): void {
  unary(5, vectors, x, out);
}

export function rectify(vectors: i32, x: usize, out: usize): void {
  unary(6, vectors, x, out);
}

export function exp(vectors: i32, x: usize, out: usize): void {
  unary(7, vectors, x, out);
}

export function sigmoid(vectors: i32, x: usize, out: usize): void {
  unary(8, vectors, x, out);
}

export function tanh(vectors: i32, x: usize, out: usize): void {
  unary(9, vectors, x, out);
}

/** Natural logarithm in double precision, rounded once. */
export function log(count: i32, x: usize, out: usize): void {
  for (let i: usize = 0, end = <usize>count * 4; i < end; i += 4) {
    store<f32>(out + i, <f32>NativeMath.log(<f64>load<f32>(x + i)));
  }
}

export function sin(count: i32, x: usize, out: usize): void {
  for (let i: usize = 0, end = <usize>count * 4; i < end; i += 4) {
    store<f32>(out + i, <f32>NativeMath.sin(<f64>load<f32>(x + i)));
  }
}

export function cos(count: i32, x: usize, out: usize): void {
  for (let i: usize = 0, end = <usize>count * 4; i < end; i += 4) {
    store<f32>(out + i, <f32>NativeMath.cos(<f64>load<f32>(x + i)));
  }
}

export function fill(vectors: i32, value: f32, out: usize): void {
  const values = f32x4.splat(value);
  for (let i: usize = 0, end = <usize>vectors * 16; i < end; i += 16) v128.store(out + i, values);
}

/** float32 from int32. */
export function floatFromInteger(vectors: i32, x: usize, out: usize): void {
  for (let i: usize = 0, end = <usize>vectors * 16; i < end; i += 16) {
    v128.store(out + i, f32x4.convert_i32x4_s(v128.load(x + i)));
  }
}

/** float32 from bytes (bool). */
export function floatFromByte(count: i32, x: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) store<f32>(out + i * 4, <f32>load<u8>(x + i));
}
