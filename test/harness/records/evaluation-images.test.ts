import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readEvaluationImages, recordEvaluationImages } from '../../../harness/records/evaluation-images.js';
import { tinyData } from '../../reference-model/training/tiny-run.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const fingerprint = 'f'.repeat(64);

test('images come back by id, in the order of the split, with the same pixels', async () => {
  const store = temporaryFolder();
  const { splits } = await tinyData();
  await recordEvaluationImages(store, { fingerprint, load: async () => ({ splits }) }, 'test');
  const images = readEvaluationImages(store, fingerprint, 'test');
  expect([...images.keys()]).toEqual(splits.test.map(({ imageId }) => imageId));
  for (const { imageId, image } of splits.test) {
    const pixels = await sharp(images.get(imageId)).removeAlpha().raw().toBuffer();
    expect(pixels.equals(image.pixels)).toBe(true);
  }
});

test('recorded images are kept, and written again when they were deleted', async () => {
  const store = temporaryFolder();
  const { splits } = await tinyData();
  await recordEvaluationImages(store, { fingerprint, load: async () => ({ splits }) }, 'validation');
  const notAgain = async () => expect.unreachable('the data set is loaded although its images are recorded');
  await recordEvaluationImages(store, { fingerprint, load: notAgain }, 'validation');
  expect(readEvaluationImages(store, fingerprint, 'validation').size).toBe(splits.validation.length);
  expect(() => readEvaluationImages(store, fingerprint, 'test')).toThrow('the evaluated images were not recorded');
});

test('a damaged line is one clear error', async () => {
  const store = temporaryFolder();
  const { splits } = await tinyData();
  await recordEvaluationImages(store, { fingerprint, load: async () => ({ splits }) }, 'test');
  const file = join(store, 'images', `${fingerprint}-test.jsonl`);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.with(2, lines[2]!.slice(0, -5)).join('\n'));
  expect(() => readEvaluationImages(store, fingerprint, 'test')).toThrow(`where:    ${file}:3`);
});
