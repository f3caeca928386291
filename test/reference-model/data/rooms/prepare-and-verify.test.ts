/** What is prepared says what was opened, however often the writing was cut short; what is missing, broken or there twice is found. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { DataDeclaration } from '../../../../reference-model/data/declared/declaration.js';
import { readDeclaredFile } from '../../../../reference-model/data/declared/declared-file.js';
import { openDeclared } from '../../../../reference-model/data/declared/open-declared.js';
import { decodeImage } from '../../../../reference-model/data/pixels/decode.js';
import { prepareShards } from '../../../../reference-model/data/preparation/prepare-shards.js';
import type { DataSource } from '../../../../reference-model/data/source.js';
import { redundantImages } from '../../../../reference-model/data/verification/duplicate-images.js';
import { textOverlaps } from '../../../../reference-model/data/verification/text-overlaps.js';
import { verifySource } from '../../../../reference-model/data/verification/verify-source.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { drawImage, newFolder, TEXTS, writeCopy } from './generated-copies.js';

const card = { name: 'mine', description: 'Mine.', license: 'CC0', source: 'here', files: [], splits: {} };
const declaration: DataDeclaration = {
  format: 'files',
  captionStyle: 'human',
  splits: {
    train: { captions: ['c.json'], questions: ['q.json'], conversations: ['llava.json'], images: 'images' },
    test: { questions: ['q.json'], images: 'held-out' },
  },
};

async function copy(): Promise<string> {
  const drawn = await Promise.all([1, 2, 3, 4].map((number) => drawImage(number)));
  return writeCopy({
    'c.json': TEXTS.coco,
    'q.json': TEXTS.vqaRad,
    'llava.json': TEXTS.llava,
    'images/1.jpg': drawn[0],
    'images/2.jpg': drawn[1],
    'held-out/1.jpg': drawn[2],
    'held-out/2.jpg': drawn[3],
  });
}

describe('preparing', () => {
  test('keeps every text, conversation and image, under the same ids', async () => {
    const source = await openDeclared('mine', declaration, await copy());
    const out = newFolder();
    const { declaration: file, images } = await prepareShards(source, card, out, { encode: 'as-is' });
    expect(images).toBe(5); // four images, and a conversation about none
    const prepared = readDeclaredFile(file);
    const again = await openDeclared('mine', prepared.declaration, prepared.root);
    expect([...again.splits.keys()]).toEqual(['train', 'test']);
    for (const [split, { samples, conversations }] of source.splits) {
      expect(again.splits.get(split)!.samples).toEqual(samples);
      expect(again.splits.get(split)!.conversations).toEqual(expect.arrayContaining([...conversations]));
      for (const { imageId } of samples) expect(await bytesOf(again, imageId)).toEqual(await bytesOf(source, imageId));
    }
  });

  test('encoded anew without loss, of a camera or with transparency, keeps the pixels that training sees', async () => {
    const images = ['turned.jpg', 'alpha.png', 'cmyk.jpg', 'animated.gif'];
    const stored = images.map((name) => readFileSync(join('test/fixtures/pixels/images', name)));
    const lines = images.map((image) => JSON.stringify({ image, caption: 'a caption' })).join('\n');
    const root = writeCopy({ 'c.jsonl': lines, ...Object.fromEntries(images.map((name, i) => [name, stored[i]])) });
    const splits = { all: { captions: ['c.jsonl'], images: '.' } };
    const source = await openDeclared('mine', { format: 'files', captionStyle: 'human', splits }, root);
    const out = newFolder();
    await prepareShards(source, card, out, { encode: 'png' });
    const prepared = readDeclaredFile(join(out, 'data-set.yaml'));
    const again = await openDeclared('mine', prepared.declaration, prepared.root);
    for (const { imageId } of again.splits.get('all')!.samples) {
      const before = await decodeImage(await bytesOf(source, imageId), { where: imageId });
      expect(await decodeImage(await bytesOf(again, imageId), { where: imageId })).toEqual(before);
    }
  });

  test('goes on where it was cut short, and gives the same bytes as without that', async () => {
    const root = await copy();
    const source = await openDeclared('mine', declaration, root);
    const [whole, cut] = [newFolder(), newFolder()];
    await prepareShards(source, card, whole, { encode: 'png', size: 16 });
    const image = readFileSync(join(root, 'held-out/2.jpg'));
    writeFileSync(join(root, 'held-out/2.jpg'), image.subarray(0, image.length / 2));
    const failed = await prepareShards(source, card, cut, { encode: 'png', size: 16 }).catch((error: unknown) => error);
    expect((failed as InputError).problem.where).toBe(join(root, 'held-out/2.jpg'));
    expect(readdirSync(cut).sort()).toEqual(['prepared.json', 'train-00000.tar']);
    writeFileSync(join(root, 'held-out/2.jpg'), image);
    expect(await prepareShards(source, card, cut, { encode: 'png', size: 16 })).toMatchObject({ shards: 2, kept: 1 });
    for (const name of readdirSync(whole)) {
      expect(readFileSync(join(cut, name)).equals(readFileSync(join(whole, name)))).toBe(true);
    }
    const { width } = await sharp(Buffer.from(await firstImage(cut))).metadata();
    expect(width).toBe(16);
  });

  test('writes a damaged shard again, and refuses a folder that holds something else', async () => {
    const source = await openDeclared('mine', declaration, await copy());
    const out = newFolder();
    await prepareShards(source, card, out, { encode: 'as-is' });
    const shard = readFileSync(join(out, 'test-00000.tar'));
    truncateSync(join(out, 'test-00000.tar'), 700);
    expect(await prepareShards(source, card, out, { encode: 'as-is' })).toMatchObject({ kept: 1 });
    expect(readFileSync(join(out, 'test-00000.tar')).equals(shard)).toBe(true);
    await expect(prepareShards(source, card, out, { encode: 'png' })).rejects.toThrow(InputError);
    await expect(prepareShards(source, card, writeCopy({ mine: 'x' }), { encode: 'png' })).rejects.toThrow(InputError);
  });
});

async function firstImage(folder: string): Promise<Uint8Array> {
  const { declaration: prepared, root } = readDeclaredFile(join(folder, 'data-set.yaml'));
  const source = await openDeclared('mine', prepared, root);
  return bytesOf(source, source.splits.get('train')!.samples[0]!.imageId);
}

async function bytesOf(source: DataSource, imageId: string): Promise<Uint8Array> {
  const stored = await source.image(imageId);
  if (stored.kind !== 'encoded') throw new Error('not encoded');
  return new Uint8Array(stored.bytes);
}

describe('verifying', () => {
  test('finds what is missing, broken, of another size, and there twice, by path', async () => {
    const root = await copy();
    const one = readFileSync(join(root, 'images/1.jpg'));
    writeFileSync(join(root, 'held-out/1.jpg'), one);
    writeFileSync(join(root, 'held-out/2.jpg'), await sharp(one).resize(40, 40).jpeg({ quality: 80 }).toBuffer());
    rmSync(join(root, 'images/2.jpg'));
    const source = await openDeclared('mine', declaration, root);
    const stated = { ...card, splits: { train: { images: 2, captions: 11 }, validation: { images: 1 } } };
    const found = await verifySource(source, stated);
    expect(found.differences).toEqual([
      'The train split has 10 captions instead of 11',
      'There is no validation split',
    ]);
    expect(found.missing.map(({ where }) => where)).toEqual([join(root, 'images/2.jpg')]);
    expect(found.duplicates.map(({ kind, images }) => [kind, images.map(({ split }) => split).sort()])).toEqual([
      ['exact', ['test', 'train']],
      ['perceptual', ['test', 'test', 'train']],
    ]);
    // What is scored on stays.
    expect(redundantImages(found.duplicates).map(({ imageId }) => imageId)).toEqual(['1']);
  });

  test.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    ['no image', () => Buffer.from('<html>404</html>')],
    ['empty', () => Buffer.alloc(0)],
  ])('names an image that is %s', async (_, damage) => {
    const root = await copy();
    const file = join(root, 'images/1.jpg');
    writeFileSync(file, damage(readFileSync(file)));
    const { broken } = await verifySource(await openDeclared('mine', declaration, root), card);
    expect(broken.map(({ where }) => where)).toEqual([file]);
  });

  test('takes the size of a turned image as it is stored, and as it is shown', async () => {
    const turned = readFileSync('test/fixtures/pixels/images/turned.jpg');
    const sizes = [
      [61, 43],
      [43, 61],
      [61, 61],
    ] as const;
    const coco = {
      images: sizes.map(([width, height], id) => ({ id, file_name: `${id}.jpg`, width, height })),
      annotations: sizes.map((_, id) => ({ id, image_id: id, caption: 'a caption' })),
    };
    const root = writeCopy({ 'c.json': coco, '0.jpg': turned, '1.jpg': turned, '2.jpg': turned });
    const splits = { all: { captions: ['c.json'], images: '.' } };
    const source = await openDeclared('mine', { format: 'files', captionStyle: 'human', splits }, root);
    const { broken } = await verifySource(source, card);
    expect(broken.map(({ problem }) => problem)).toEqual(['it has 43×61 pixels, and its record says 61×61']);
  });

  test('tells an image of another size than its record says', async () => {
    const root = await copy();
    writeFileSync(join(root, 'images/1.jpg'), await drawImage(1, { side: 64 }));
    const { broken } = await verifySource(await openDeclared('mine', declaration, root), card);
    expect(broken.map(({ problem }) => problem)).toEqual(['it has 64×64 pixels, and its record says 48×48']);
  });

  test('finds texts of different images that share 13 words', () => {
    const words = (count: number, from = 0) =>
      Array.from({ length: count }, (_, index) => `w${from + index}`).join(' ');
    const sample = (imageId: string, text: string) => ({
      imageId,
      humanCaptions: [text],
      aiCaptions: [],
      questions: [],
    });
    const splits = new Map([
      ['train', { samples: [sample('a', words(13)), sample('b', words(12))], conversations: [] }],
      ['test', { samples: [sample('c', `W0, ${words(14, 1)}!`), sample('d', words(13, 50))], conversations: [] }],
    ]);
    expect(textOverlaps(splits)).toEqual([
      { split: 'test', imageId: 'c', otherSplit: 'train', otherImageId: 'a', words: words(13) },
    ]);
  });
});
