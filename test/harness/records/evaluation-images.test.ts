import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readEvaluationImages, recordEvaluationImages } from '../../../harness/records/evaluation-images.js';
import { encodePng } from '../../../reference-model/data/png.js';
import { tinyData } from '../../reference-model/training/tiny-run.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const fingerprint = 'f'.repeat(64);
const whole = { split: 'test', captionImages: 16, questions: 0 } as const;
const notAgain = async () => expect.unreachable('the data set is loaded although its images are recorded');
const picturesIn = (store: string) => readdirSync(join(store, 'images')).filter((name) => name.endsWith('.png'));

async function recorded(store: string, evaluation: Parameters<typeof recordEvaluationImages>[2] = whole) {
  const { splits } = await tinyData();
  await recordEvaluationImages(store, { fingerprint, load: async () => ({ splits }) }, evaluation);
  return splits;
}

test('images come back by id, in the order of the split, with the same pixels', async () => {
  const store = temporaryFolder();
  const splits = await recorded(store);
  const images = readEvaluationImages(store, fingerprint, 'test');
  expect([...images.keys()]).toEqual(splits.test.map(({ imageId }) => imageId));
  for (const { imageId, image } of splits.test) {
    const pixels = await sharp(images.get(imageId)).removeAlpha().raw().toBuffer();
    expect(pixels.equals(image.pixels)).toBe(true);
  }
});

test('recorded images are kept, and written again when they were deleted', async () => {
  const store = temporaryFolder();
  const evaluation = { ...whole, split: 'validation' } as const;
  const splits = await recorded(store, evaluation);
  await recordEvaluationImages(store, { fingerprint, load: notAgain }, evaluation);
  expect(readEvaluationImages(store, fingerprint, 'validation').size).toBe(splits.validation.length);
  expect(() => readEvaluationImages(store, fingerprint, 'test')).toThrow('the evaluated images were not recorded');
  for (const spoil of [rmSync, (file: string) => truncateSync(file, 40)]) {
    spoil(join(store, 'images', picturesIn(store)[3]!));
    expect(() => readEvaluationImages(store, fingerprint, 'validation')).toThrow('is missing or damaged');
    await recorded(store, evaluation);
    expect(readEvaluationImages(store, fingerprint, 'validation').size).toBe(splits.validation.length);
  }
});

test('only what is captioned, asked about or shown is kept, each picture once', async () => {
  const store = temporaryFolder();
  const { test: samples } = await recorded(store, { split: 'test', captionImages: 0, questions: 0 });
  const ids = () => [...readEvaluationImages(store, fingerprint, 'test').keys()];
  const first = (count: number) => samples.slice(0, count).map(({ imageId }) => imageId);
  expect(ids()).toEqual(first(8));
  await recorded(store, { split: 'test', captionImages: 10, questions: 0 });
  expect(ids()).toEqual(first(10));
  // The last question that is asked is the first one about the twelfth image.
  const questions = samples.slice(0, 11).reduce((sum, sample) => sum + sample.questions.length, 1);
  await recorded(store, { split: 'test', captionImages: 0, questions });
  expect(ids()).toEqual(first(12));
  await recordEvaluationImages(store, { fingerprint, load: notAgain }, { split: 'test', captionImages: 10, questions });
  const given = { split: 'test', captionImages: 0, questions: 0, teacherForced: { captions: 10, questions } } as const;
  await recordEvaluationImages(store, { fingerprint, load: notAgain }, given);
  expect(picturesIn(store)).toHaveLength(12);
  await recorded(store, { ...given, teacherForced: { captions: 13 } });
  expect(ids()).toEqual(first(13));
  await recordEvaluationImages(
    store,
    { fingerprint: 'e'.repeat(64), load: async () => ({ splits: (await tinyData()).splits }) },
    whole,
  );
  expect(picturesIn(store)).toHaveLength(16);
});

test('commands that record at the same time leave what the widest needs', async () => {
  const store = temporaryFolder();
  const evaluations = [9, 16, 10].map((captionImages) => ({ ...whole, captionImages }));
  await Promise.all(evaluations.map((evaluation) => recorded(store, evaluation)));
  expect(readEvaluationImages(store, fingerprint, 'test').size).toBe(16);
});

test('a damaged index is one clear error, and written anew', async () => {
  const store = temporaryFolder();
  await recorded(store);
  const file = join(store, 'images', `${fingerprint}-test.json`);
  const text = readFileSync(file, 'utf8');
  for (const damaged of [text.slice(0, -9), text.replace(/"sha256":"[0-9a-f]{64}"/, '"sha256":"../../x"')]) {
    writeFileSync(file, damaged);
    expect(() => readEvaluationImages(store, fingerprint, 'test')).toThrow(`where:    ${file}`);
    await recorded(store);
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
});

test('the file of lines of an earlier version is read, and a damaged line of it is one clear error', async () => {
  const store = temporaryFolder();
  const { splits } = await tinyData();
  const lines = await Promise.all(
    splits.test.map(async ({ imageId, image }) =>
      JSON.stringify({ imageId, png: Buffer.from(await encodePng(image)).toString('base64') }),
    ),
  );
  rmSync(store, { recursive: true });
  await recorded(store, { ...whole, split: 'validation' });
  const file = join(store, 'images', `${fingerprint}-test.jsonl`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  expect([...readEvaluationImages(store, fingerprint, 'test').keys()]).toEqual(
    splits.test.map(({ imageId }) => imageId),
  );
  writeFileSync(file, `${lines.with(2, lines[2]!.slice(0, -5)).join('\n')}\n`);
  expect(() => readEvaluationImages(store, fingerprint, 'test')).toThrow(`where:    ${file}:3`);
});
