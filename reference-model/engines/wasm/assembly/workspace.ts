/**
 * Static work buffers of the kernels, right behind the module's own data; the JavaScript allocator starts where they end.
 * Kernels never allocate: everything else they touch is handed to them as a pointer.
 */

/** Depth of a packed block: its panels of 8 columns stay in the first-level cache. */
export const BLOCK_DEPTH: i32 = 256;
/** Columns of a packed block of B: 256 · 256 floats stay in the second-level cache. */
export const BLOCK_COLUMNS: i32 = 256;
/** Rows of A that are multiplied, and packed if transposed, together: they stay in the second-level cache beside B. */
export const BLOCK_ROWS: i32 = 96;

const PACKED_B_BYTES: usize = <usize>(BLOCK_DEPTH * BLOCK_COLUMNS * 4);
const PACKED_A_BYTES: usize = <usize>(BLOCK_DEPTH * BLOCK_ROWS * 4);
const TILE_BYTES: usize = 4 * 8 * 4;
const SPLAT_BYTES: usize = 64;
/** Vectors whose exponentials are computed together: with their operands they stay in the first-level cache. */
export const STRIP_BYTES: usize = 1024;

// @ts-ignore: decorator
@inline
export function packedB(): usize {
  return (__heap_base + 63) & ~63;
}

// @ts-ignore: decorator
@inline
export function packedA(): usize {
  return packedB() + PACKED_B_BYTES;
}

/** One 4 × 8 tile, for tiles that stick out of the result. */
// @ts-ignore: decorator
@inline
export function tileBuffer(): usize {
  return packedA() + PACKED_A_BYTES;
}

/** Two vectors that hold scalar operands spread over four lanes. */
// @ts-ignore: decorator
@inline
export function splatBuffer(): usize {
  return tileBuffer() + TILE_BYTES;
}

/** Two numbers for each of a strip: see `strip.ts`. */
// @ts-ignore: decorator
@inline
export function stripBuffer(): usize {
  return splatBuffer() + SPLAT_BYTES;
}

/** First address that belongs to the caller. */
export function heapStart(): usize {
  return stripBuffer() + 2 * STRIP_BYTES;
}
