/** Pixels in memory, as every data set gives them. */

/** 8-bit RGB pixels in row-major height × width × channel order. */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array; // [height, width, 3]
}
