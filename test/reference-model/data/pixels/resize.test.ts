import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  KERNELS,
  kernelWeights,
  type SmoothKernel,
  WEIGHT_BITS,
} from '../../../../reference-model/data/pixels/kernels.js';
import { resizeImage } from '../../../../reference-model/data/pixels/resize.js';
import type { RgbImage } from '../../../../reference-model/data/pixels/rgb-image.js';

const side = fc.integer({ min: 1, max: 23 });
const kernels = fc.constantFrom(...KERNELS);
const smooth = fc.constantFrom(...KERNELS.filter((kernel): kernel is SmoothKernel => kernel !== 'nearest'));
const images = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((rgb): RgbImage => ({ width, height, rgb })),
  );

describe('weights', () => {
  test('of a pixel sum to one, within a rounding each, and lie in the row', () => {
    fc.assert(
      fc.property(smooth, fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 400 }), (kernel, from, to) => {
        const { starts, counts, values, stride } = kernelWeights(kernel, from, to);
        for (let i = 0; i < to; i++) {
          const taps = values.subarray(i * stride, i * stride + counts[i]!);
          const sum = taps.reduce((total, weight) => total + weight, 0);
          expect(Math.abs(sum - 2 ** WEIGHT_BITS)).toBeLessThanOrEqual(taps.length / 2);
          expect(starts[i]!).toBeGreaterThanOrEqual(0);
          expect(starts[i]! + counts[i]!).toBeLessThanOrEqual(from);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** The kernels in closed form, for a distance in pixels of the smaller of the two grids. */
const CLOSED_FORMS: Readonly<Record<SmoothKernel, (x: number) => number>> = {
  box: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0),
  bilinear: (x) => (Math.abs(x) < 1 ? 1 - Math.abs(x) : 0),
  bicubic: (x) => {
    const d = Math.abs(x);
    if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
    return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
  },
  lanczos: (x) => {
    if (x === 0) return 1;
    return Math.abs(x) < 3 ? (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2 : 0;
  },
};

/** One row of levels, unrounded: every pixel of the source with its weight. */
function resampled(levels: readonly number[], kernel: SmoothKernel, to: number): number[] {
  const scale = levels.length / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const weights = levels.map((_, x) => CLOSED_FORMS[kernel]((x + 0.5 - (i + 0.5) * scale) / stretch));
    const sum = weights.reduce((a, b) => a + b, 0);
    return levels.reduce((total, level, x) => total + level * weights[x]!, 0) / sum;
  });
}

describe('resizing', () => {
  test('gives each row the weighted mean of its pixels, rounded', () => {
    fc.assert(
      fc.property(smooth, fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }), side, (kernel, levels, to) => {
        // Exactly half-way, where a box ends, either pixel is right.
        fc.pre(kernel !== 'box' || levels.length % to === 0);
        const rgb = Uint8Array.from(levels.flatMap((level) => [level, level, level]));
        for (const isRow of [true, false]) {
          const image = { width: isRow ? levels.length : 1, height: isRow ? 1 : levels.length, rgb };
          const result = resizeImage(image, kernel, isRow ? to : 1, isRow ? 1 : to);
          resampled(levels, kernel, to).forEach((level, i) => {
            expect(Math.abs(result.rgb[i * 3]! - Math.min(255, Math.max(0, level)))).toBeLessThanOrEqual(0.5001);
          });
        }
      }),
    );
  });

  test('of one colour is that colour', () => {
    fc.assert(
      fc.property(kernels, side, side, side, side, fc.nat(255), (kernel, width, height, toWidth, toHeight, level) => {
        const rgb = new Uint8Array(width * height * 3).fill(level);
        const result = resizeImage({ width, height, rgb }, kernel, toWidth, toHeight);
        expect(result.rgb).toEqual(new Uint8Array(toWidth * toHeight * 3).fill(level));
      }),
    );
  });

  test('in a window is that part of the whole, and black beyond it', () => {
    const offset = fc.integer({ min: -9, max: 25 });
    fc.assert(
      fc.property(
        images,
        kernels,
        side,
        side,
        offset,
        offset,
        side,
        side,
        (image, kernel, w, h, left, top, width, height) => {
          const whole = resizeImage(image, kernel, w, h);
          const part = resizeImage(image, kernel, w, h, { left, top, width, height });
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              const isInside = x + left >= 0 && x + left < w && y + top >= 0 && y + top < h;
              const at = ((y + top) * w + x + left) * 3;
              const expected = isInside ? [...whole.rgb.subarray(at, at + 3)] : [0, 0, 0];
              expect([...part.rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]).toEqual(expected);
            }
          }
        },
      ),
    );
  });

  test('to its own size changes nothing', () => {
    fc.assert(
      fc.property(images, kernels, (image, kernel) => {
        expect(resizeImage(image, kernel, image.width, image.height)).toEqual(image);
      }),
    );
  });
});
