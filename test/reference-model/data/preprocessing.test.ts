import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { RasterImage } from '../../../reference-model/data/dataset.js';
import { encodePng } from '../../../reference-model/data/png.js';
import { boxDownsample, normalizeBatch, normalizePixels } from '../../../reference-model/data/preprocessing.js';

const images = (width: number, height: number) =>
  fc
    .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
    .map((pixels): RasterImage => ({ width, height, pixels }));

describe('normalising', () => {
  test('maps 0, 127.5 and 255 to −1, 0 and 1, evenly', () => {
    const values = normalizePixels({
      width: 256,
      height: 1,
      pixels: Uint8Array.from({ length: 768 }, (_, i) => i / 3),
    });
    for (let i = 0; i < 256; i++) {
      expect(values[i * 3]).toBeCloseTo((i / 255 - 0.5) / 0.5, 6); // SigLIP: (x − mean) / standard deviation, both .5
    }
    expect([values[0], values[767]]).toEqual([-1, 1]);
  });

  test('of a batch is that of its images one after the other', () => {
    fc.assert(
      fc.property(images(4, 2), images(4, 2), (first, second) => {
        const batch = normalizeBatch([first, second]);
        expect(batch.subarray(0, 24)).toEqual(normalizePixels(first));
        expect(batch.subarray(24)).toEqual(normalizePixels(second));
      }),
    );
  });

  test('refuses an empty batch and one of mixed sizes', () => {
    const image = (width: number): RasterImage => ({ width, height: 1, pixels: new Uint8Array(width * 3) });
    expect(() => normalizeBatch([])).toThrow('A batch needs at least one image.');
    expect(() => normalizeBatch([image(2), image(3)])).toThrow(
      'Images of one batch need one size: image 1 has 3×1 pixels, image 0 has 2×1.',
    );
  });
});

describe('the box filter', () => {
  test('rounds the mean of each block, halves up', () => {
    const grey = [0, 0, 0, 1, 10, 10, 10, 12, 255, 255, 255, 255, 1, 2, 3, 4];
    // Four 2×2 blocks side by side: an 8×2 image.
    const rows = [0, 1].map((y) =>
      [0, 1, 2, 3].flatMap((block) => grey.slice(block * 4 + y * 2, block * 4 + y * 2 + 2)),
    );
    const pixels = Uint8Array.from(rows.flat().flatMap((value) => [value, value, value]));
    const small = boxDownsample({ width: 8, height: 2, pixels }, 2);
    expect(small).toMatchObject({ width: 4, height: 1 });
    expect([0, 3, 6, 9].map((i) => small.pixels[i])).toEqual([0, 11, 255, 3]); // means .25, 10.5, 255 and 2.5
  });

  test('keeps channels apart and flat images flat', () => {
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => [7, 100, 200][i % 3]!);
    const small = boxDownsample({ width: 64, height: 64, pixels }, 4);
    expect(small.pixels).toEqual(pixels.subarray(0, 16 * 16 * 3));
  });

  test('refuses a factor that does not divide the image', () => {
    const image: RasterImage = { width: 4, height: 6, pixels: new Uint8Array(72) };
    for (const factor of [4, 0, 1.5, -2]) {
      expect(() => boxDownsample(image, factor)).toThrow(
        `An image of 4×6 pixels cannot shrink by a factor of ${factor}.`,
      );
    }
  });
});

test('a PNG holds the very pixels it was made of', async () => {
  await fc.assert(
    fc.asyncProperty(images(5, 3), async (image) => {
      const { data, info } = await sharp(await encodePng(image))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 5, height: 3, channels: 3 });
      expect(new Uint8Array(data)).toEqual(image.pixels);
    }),
    { numRuns: 30 },
  );
});
