/**
 * Pixels against those of `transformers` 4.57.3 with Pillow 12, written by test/oracle/preprocess-with-transformers.py for images that
 * it draws: every kind of file once, every kernel and crop on a photograph and on an image that is enlarged.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../../../reference-model/data/pixels/decode.js';
import { preprocess } from '../../../../reference-model/data/pixels/preprocess.js';
import { readProcessor } from '../../../../reference-model/data/pixels/read-processor.js';

const FIXTURES = 'test/fixtures/pixels';
const processors = readdirSync(FIXTURES).filter((name) => name !== 'images');

/** Float32 in the order of the machine; the fixtures are little-endian, as all machines that Node runs on today. */
function expected(processor: string, image: string): Float32Array {
  const bytes = readFileSync(join(FIXTURES, processor, `${image}.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe.each(processors)('the processor %s', (name) => {
  const processor = readProcessor(join(FIXTURES, name, 'preprocessor_config.json'));
  const images = readdirSync(join(FIXTURES, name)).flatMap((file) =>
    file.endsWith('.f32') ? [file.slice(0, -4)] : [],
  );

  test.each(images)('makes of %s what transformers makes of it', async (image) => {
    const where = join(FIXTURES, 'images', image);
    const values = preprocess(await decodeImage(readFileSync(where), { where }), processor);
    const reference = expected(name, image);
    expect(values).toHaveLength(reference.length);
    const differences = values.map((value, index) => Math.abs(value - reference[index]!));
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    // Another version of a decoder of what was compressed with loss may differ in a level; nothing else may.
    const isLossy = /\.(jpg|webp)$/.test(image);
    expect(mean).toBeLessThanOrEqual(isLossy ? 1 / 255 : 0);
    expect(Math.max(...differences)).toBeLessThanOrEqual(isLossy ? 3 / 255 : 0);
  });
});
