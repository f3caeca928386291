/** Copies between layouts of 32-bit elements: strided reads into a contiguous result, and rows of bytes. */

/**
 * out (contiguous, 4 axes of sizes n0…n3) from x with strides s0…s3 in elements; a stride of 0 repeats. Serves transpose,
 * slice and broadcast.
 */
export function stridedCopy(
  n0: i32, n1: i32, n2: i32, n3: i32, s0: i32, s1: i32, s2: i32, s3: i32, x: usize, out: usize,
): void {
  const rowBytes = <usize>n3 * 4;
  const step = <usize>(s3 * 4);
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      for (let i2 = 0; i2 < n2; i2++) {
        let from = x + <usize>((i0 * s0 + i1 * s1 + i2 * s2) * 4);
        if (s3 == 1) {
          memory.copy(out, from, rowBytes);
          out += rowBytes;
        } else {
          const end = out + rowBytes;
          for (; out < end; out += 4) {
            store<u32>(out, load<u32>(from));
            from += step;
          }
        }
      }
    }
  }
}

/** `rows` runs of `bytes` bytes from one pitch to another. */
export function copyRows(rows: i32, bytes: usize, x: usize, xPitch: usize, out: usize, outPitch: usize): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(out, x, bytes);
    x += xPitch;
    out += outPitch;
  }
}
