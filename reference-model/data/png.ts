/** Turns pixels into PNG bytes, for reports and for looking at a data set. */
import type { RasterImage } from './dataset.js';

/** PNG bytes of an image; decoding them gives back the same pixels. */
export async function encodePng({ width, height, pixels }: RasterImage): Promise<Uint8Array> {
  // Loaded when an image is written: most runs write none.
  const { default: sharp } = await import('sharp');
  return new Uint8Array(
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}
