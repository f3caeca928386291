/** Decoded pixels, and a part of them. */

/** Rows from the top, each from the left, red, green, blue. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Part of the resized image; it may reach beyond its edges, where everything is black. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
