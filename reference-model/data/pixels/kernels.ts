/**
 * The kernels that an image processor may name, and the fixed-point weights that they give each pixel of a shrunk or enlarged row. The
 * arithmetic is Pillow's for 8-bit images (documented in `Image.resize`, "Filters"): when shrinking, a kernel is stretched by the scale, its
 * weights are made to sum to one, and rounded to multiples of 2⁻²²; so the pixels are Pillow's to the bit, and the same on every machine.
 */
import { sin } from '../../numerics/elementary.js';

/** By the number that `resample` has in `preprocessor_config.json` (PIL.Image.Resampling). */
export const KERNELS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box'] as const;
export type Kernel = (typeof KERNELS)[number];
export type SmoothKernel = Exclude<Kernel, 'nearest'>;

/** Fractional bits of a weight: a product with 8 bits and the sum over a kernel's negative lobes fit into 32 bits. */
export const WEIGHT_BITS = 22;

/** Which pixels make up each pixel of the result, and with what weight. */
export interface Weights {
  /** First pixel of the source for each pixel of the result. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Weights of pixel `i` stand from `i · stride` on, in units of 2⁻²². */
  readonly values: Int32Array;
  readonly stride: number;
}

/** Half the width of a kernel in pixels, where nothing shrinks. */
const SUPPORT: Readonly<Record<SmoothKernel, number>> = { box: 0.5, bilinear: 1, bicubic: 2, lanczos: 3 };

/** Height of a kernel at a distance from its centre. */
const HEIGHT: Readonly<Record<SmoothKernel, (x: number) => number>> = {
  box: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0),
  bilinear: (x) => Math.max(0, 1 - Math.abs(x)),
  bicubic: (x) => cubic(Math.abs(x)),
  lanczos: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};

/** Keys' cubic convolution (1981) with a = −0.5. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return sin(angle) / angle;
}

/**
 * Weights of the pixels `first` … `first + length − 1` of a row of `from` pixels that becomes one of `to` pixels.
 * Pixels of the result beyond its ends must not be asked for.
 */
export function kernelWeights(
  kernel: SmoothKernel,
  from: number,
  to: number,
  first: number = 0,
  length: number = to,
): Weights {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT[kernel] * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const height = HEIGHT[kernel];
  const starts = new Int32Array(length);
  const counts = new Int32Array(length);
  const values = new Int32Array(length * stride);
  const heights = new Float64Array(stride);
  for (let i = 0; i < length; i++) {
    const centre = (first + i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const count = Math.min(Math.trunc(centre + support + 0.5), from) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      heights[tap] = height((tap + start - centre + 0.5) * (1 / stretch));
      sum += heights[tap]!;
    }
    for (let tap = 0; tap < count; tap++) {
      const weight = (sum === 0 ? heights[tap]! : heights[tap]! / sum) * 2 ** WEIGHT_BITS;
      values[i * stride + tap] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, values, stride };
}

/** Which pixel of a row of `from` stands for each of `length` pixels of one of `to`. The position is summed up, as Pillow does it. */
export function nearestPixels(from: number, to: number, first: number = 0, length: number = to): Int32Array {
  const scale = from / to;
  const pixels = new Int32Array(length);
  for (let i = 0, at = scale * 0.5; i < first + length; i++, at += scale) {
    if (i >= first) pixels[i - first] = Math.min(Math.trunc(at), from - 1);
  }
  return pixels;
}
