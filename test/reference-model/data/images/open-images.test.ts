/** Images from disk: the same pixels whoever decodes them, and every broken or hostile one told with its path. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageSupply } from '../../../../reference-model/data/images/image-supply.js';
import { openImages } from '../../../../reference-model/data/images/open-images.js';
import { allWithPixels } from '../../../../reference-model/data/images/with-pixels.js';
import { openSource } from '../../../../reference-model/data/open-source.js';
import type { DataSource } from '../../../../reference-model/data/source.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { newFolder } from '../rooms/generated-copies.js';
import { writePhotographs } from './photographs.js';

const side = 24;
let source: DataSource;
let ids: readonly string[];

beforeAll(async () => {
  const root = await photographs();
  source = await openSource('flickr8k', { root });
  ids = source.splits.get('train')!.samples.map(({ imageId }) => imageId);
});

async function photographs(): Promise<string> {
  const { mkdtempSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const root = mkdtempSync(join(tmpdir(), 'vlm-bench-images-'));
  await writePhotographs(root, { train: 24, validation: 2, test: 2 });
  return root;
}

/** A source of files that are written here. */
async function sourceOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<DataSource> {
  const root = newFolder();
  mkdirSync(join(root, 'Images'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, 'Images', name), content);
  const names = Object.keys(files);
  writeFileSync(join(root, 'captions.txt'), `image,caption\n${names.map((name) => `${name},a thing .`).join('\n')}\n`);
  for (const list of ['train', 'dev', 'test']) {
    writeFileSync(join(root, `Flickr_8k.${list}Images.txt`), `${names.join('\n')}\n`);
  }
  return openSource('flickr8k', { root });
}

const idsIn = (opened: DataSource) => opened.splits.get('train')!.samples.map(({ imageId }) => imageId);
const refusalOf = (taken: Promise<unknown>) =>
  taken.then(
    () => expect.unreachable('nothing was refused'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(InputError);
      return (error as InputError).problem;
    },
  );

/** Asks for an image that something is measured on. */
const evaluated = (images: ImageSupply, imageId: string) =>
  allWithPixels({ images }, [{ imageId, humanCaptions: [], aiCaptions: [], questions: [] }]);

describe('images', () => {
  test('are the same pixels for 0, 1 and 3 workers, however far ahead and however little is kept', async () => {
    const alone = openImages(source, { side, workers: 0 });
    const { images: expected } = await alone.take(ids);
    expect(expected.size).toBe(24);
    for (const { width, height, pixels } of expected.values())
      expect([width, height, pixels.length]).toEqual([side, side, 3 * side ** 2]);
    for (const [workers, queue, keepBytes] of [
      [1, 2, 0],
      [3, 64, 5 * 3 * side ** 2],
    ] as const) {
      const images = openImages(source, { side, workers, queue, keepBytes });
      await images.ahead(ids.slice(4, 12));
      for (let from = 0; from < ids.length; from += 5) {
        const batch = ids.slice(from, from + 5);
        await images.ahead(ids.slice(from + 5, from + 10));
        const { images: taken } = await images.take(batch);
        expect([...taken.keys()]).toEqual(batch);
        for (const id of batch) expect(taken.get(id)).toEqual(expected.get(id));
      }
      await images.close();
    }
    await alone.close();
  });

  test('are read at most as many at a time as the queue holds', async () => {
    let reading = 0;
    let most = 0;
    const counted = {
      placeOf: source.placeOf,
      image: async (imageId: string) => {
        most = Math.max(most, ++reading);
        const stored = await source.image(imageId);
        reading--;
        return stored;
      },
    };
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.shuffledSubarray([...ids], { minLength: 1 }),
        async (queue, some) => {
          most = 0;
          const images = openImages(counted, { side, workers: 0, queue });
          await images.ahead(some);
          expect([...(await images.take(some)).images.keys()].sort()).toEqual([...some].sort());
          expect(most).toBeLessThanOrEqual(queue);
        },
      ),
      { numRuns: 10 },
    );
  });

  test('that are broken are told with their paths when they are asked for, each time the same', async () => {
    const whole = (await source.image(ids[0]!)) as { bytes: Uint8Array };
    const opened = await sourceOf({
      'a.jpg': whole.bytes,
      'b.jpg': whole.bytes.slice(0, whole.bytes.length / 3),
      'c.jpg': 'no image at all',
      'd.jpg': whole.bytes,
    });
    for (const workers of [0, 2]) {
      const images = openImages(opened, { side, workers });
      await images.ahead(['c.jpg']); // what nobody has asked for yet is not told
      expect((await images.take(['a.jpg'])).broken).toEqual([]);
      for (let times = 0; times < 2; times++) {
        const { images: taken, broken } = await images.take(idsIn(opened));
        expect([...taken.keys()]).toEqual(['a.jpg', 'd.jpg']);
        expect(broken.map(({ where }) => where)).toEqual(['b.jpg', 'c.jpg'].map(opened.placeOf));
      }
      const refused = await refusalOf(evaluated(images, 'b.jpg'));
      expect(refused.what).toContain(opened.placeOf('b.jpg'));
      expect(refused.expected).toBe('at most 0 (an evaluation is of all its images)');
      await images.close();
    }
  });

  test('that are hostile are refused: headers of 30,000 × 30,000 pixels, names and links that lead out', async () => {
    const huge = hugePng();
    const opened = await sourceOf({ 'huge.png': huge, 'link.jpg': 'replaced below' });
    const images = openImages(opened, { side, workers: 1 });
    const before = process.memoryUsage().rss;
    expect((await refusalOf(evaluated(images, 'huge.png'))).what).toMatch(/30000 × 30000/);
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
    await images.close();

    const root = newFolder();
    const outside = join(newFolder(), 'secret.jpg');
    writeFileSync(outside, ((await source.image(ids[0]!)) as { bytes: Uint8Array }).bytes);
    mkdirSync(join(root, 'Images'));
    symlinkSync(outside, join(root, 'Images', 'link.jpg'));
    for (const list of ['train', 'dev', 'test']) writeFileSync(join(root, `Flickr_8k.${list}Images.txt`), 'link.jpg\n');
    writeFileSync(join(root, 'captions.txt'), 'image,caption\nlink.jpg,a thing .\n');
    const linked = openImages(await openSource('flickr8k', { root }), { side, workers: 0 });
    expect((await refusalOf(evaluated(linked, 'link.jpg'))).what).toContain('a symbolic link leads out of the folder');
    writeFileSync(join(root, 'captions.txt'), 'image,caption\n../../secret.jpg,a thing .\n');
    await expect(openSource('flickr8k', { root })).rejects.toThrow('leads out of the folder of the images');
  });
});

/** A PNG whose header claims what its few bytes cannot hold. */
function hugePng(): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(30_000, 0);
  header.writeUInt32BE(30_000, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    framed.set(body, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', Buffer.alloc(8)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** As the PNG specification states it, Annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
