/** Copies between layouts of 32-bit elements: strided reads into a contiguous result, and rows of bytes. */

/**
 * out (contiguous, axes of sizes n0…n5) from x with strides s0…s5 in elements; a stride of 0 repeats. Serves transpose, slice
 * and broadcast.
 */
export function stridedCopy(
  n0: i32, n1: i32, n2: i32, n3: i32, n4: i32, n5: i32, s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32, x: usize, out: usize,
): void {
  const rowBytes = <usize>n5 * 4;
  const step = <usize>(s5 * 4);
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      for (let i2 = 0; i2 < n2; i2++) {
        for (let i3 = 0; i3 < n3; i3++) {
          let row = x + <usize>((i0 * s0 + i1 * s1 + i2 * s2 + i3 * s3) * 4);
          for (let i4 = 0; i4 < n4; i4++) {
            if (s5 == 1) {
              memory.copy(out, row, rowBytes);
              out += rowBytes;
            } else {
              let from = row;
              for (const end = out + rowBytes; out < end; out += 4) {
                store<u32>(out, load<u32>(from));
                from += step;
              }
            }
            row += <usize>(s4 * 4);
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
