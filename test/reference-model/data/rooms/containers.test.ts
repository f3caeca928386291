/** Tar shards and parquet files: what other programs wrote is read as it was, damage is named with its place, and nothing is read twice. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openParquet } from '../../../../reference-model/data/containers/parquet.js';
import { shardsOf } from '../../../../reference-model/data/containers/shard-list.js';
import { readTarIndex } from '../../../../reference-model/data/containers/tar.js';
import { tarEnd, tarMember } from '../../../../reference-model/data/containers/tar-writer.js';
import { openWebDataset } from '../../../../reference-model/data/containers/webdataset.js';
import { openDeclared } from '../../../../reference-model/data/declared/open-declared.js';
import { InputError } from '../../../../reference-model/files/input-error.js';
import { drawImage, newFolder, writeCopy } from './generated-copies.js';
import { parquetCopy } from './parquet-copy.js';

function tarOf(files: Readonly<Record<string, Uint8Array | string>>): Buffer {
  const parts = Object.entries(files).flatMap(([name, data]) => [...tarMember(name, Buffer.from(data))]);
  return Buffer.concat([...parts, tarEnd()]);
}

/** As the tar program of this machine writes it. */
function packed(format: 'ustar' | 'pax' | 'gnu', files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = writeCopy(files);
  execFileSync('tar', [`--format=${format}`, '-cf', join(folder, 'out.tar'), ...Object.keys(files)], { cwd: folder });
  return join(folder, 'out.tar');
}

function problemOf(work: () => unknown): InputError['problem'] {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).problem;
  }
  throw new Error('Nothing was refused.');
}

describe('tar archives', () => {
  const long = `${'folder/'.repeat(20)}${'n'.repeat(90)}.txt`;

  test.each(['ustar', 'pax', 'gnu'] as const)('of the tar program in the %s format are read', (format) => {
    const files = {
      'a.txt': 'one',
      [format === 'ustar' ? 'b/b.txt' : long]: 'two',
      'c.jpg': Buffer.alloc(100_000, 7),
      'ü.txt': '',
    };
    const archive = packed(format, files);
    const { members } = readTarIndex(archive, (name) => name.endsWith('.txt'));
    expect(members.map(({ name }) => name)).toEqual(Object.keys(files));
    const bytes = readFileSync(archive);
    for (const { name, offset, size, data } of members) {
      const expected = Buffer.from(files[name as keyof typeof files]!);
      expect(bytes.subarray(offset, offset + size).equals(expected)).toBe(true);
      expect(data?.equals(expected)).toBe(name.endsWith('.txt') ? true : undefined);
    }
  });

  test('that we write are read by the tar program', () => {
    const folder = writeCopy({ 'out.tar': tarOf({ 'a.txt': 'one', 'b.bin': Buffer.alloc(1000, 3) }) });
    execFileSync('tar', ['-xf', 'out.tar'], { cwd: folder });
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('one');
    expect(readFileSync(join(folder, 'b.bin')).equals(Buffer.alloc(1000, 3))).toBe(true);
  });

  test('hold what was put in, whatever the sizes', () => {
    const folder = newFolder();
    const member = fc.record({
      size: fc.oneof(fc.nat(2000), fc.constantFrom(512, 1024, 65_536, 70_000)),
      fill: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 8 }), (list) => {
        const files = Object.fromEntries(
          list.map(({ size, fill }, index) => [`${index}.bin`, Buffer.alloc(size, fill)]),
        );
        writeFileSync(join(folder, 'x.tar'), tarOf(files));
        const { members } = readTarIndex(join(folder, 'x.tar'), () => true);
        expect(members.map(({ name, data }) => [name, data!.toString('base64')])).toEqual(
          Object.entries(files).map(([name, data]) => [name, data.toString('base64')]),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('that are damaged, compressed or lead elsewhere are refused with the place', () => {
    const whole = tarOf({ 'a.txt': 'one', 'b.txt': 'two' });
    const archive = (bytes: Uint8Array) => join(writeCopy({ 'x.tar': bytes }), 'x.tar');
    const changed = Buffer.from(whole);
    changed[1024] ^= 1;
    expect(problemOf(() => readTarIndex(archive(changed), () => true))).toMatchObject({
      what: 'the tar archive is damaged: the checksum of a header is wrong',
      where: expect.stringMatching(/x\.tar, byte 1024$/),
    });
    for (const length of [1537, 1600, 2048, 2300]) {
      expect(problemOf(() => readTarIndex(archive(whole.subarray(0, length)), () => true)).what).toContain('it ends');
    }
    expect(problemOf(() => readTarIndex(archive(gzipSync(whole)), () => true)).what).toContain('compressed with gzip');
    expect(problemOf(() => readTarIndex(archive(tarOf({ '../a.txt': 'x' })), () => true)).what).toContain('leads out');
    expect(problemOf(() => readTarIndex(archive(tarOf({ '/a.txt': 'x' })), () => true)).what).toContain('leads out');
  });
});

describe('webdataset shards', () => {
  test('give records by key, with captions and fields, and images by place', async () => {
    const image = await drawImage(1);
    const shard = tarOf({
      '000000.jpg': image,
      '000000.txt': 'a caption\n',
      '000001.png': await drawImage(2, { format: 'png' }),
      '000001.json': '{"caption":"another","width":48}',
    });
    const root = writeCopy({ 's-00.tar': shard, 's-01.tar': tarOf({ '000000.jpg': image, '000000.txt': 'third' }) });
    const { images, records } = openWebDataset(root, shardsOf(['s-{00..01}.tar'], root, '.tar'));
    expect(records.map(({ value }) => value)).toEqual([
      { key: '000000', caption: 'a caption', image: 's-00.tar/000000.jpg' },
      { key: '000001', caption: 'another', width: 48, image: 's-00.tar/000001.png' },
      { key: '000000', caption: 'third', image: 's-01.tar/000000.jpg' },
    ]);
    expect(Buffer.from(await images.read('s-01.tar/000000.jpg')).equals(image)).toBe(true);
    const declaration = {
      format: 'webdataset',
      captionStyle: 'human',
      splits: { all: { shards: ['s-*.tar'] } },
    } as const;
    const source = await openDeclared('mine', declaration, root);
    expect(source.splits.get('all')!.samples.map(({ humanCaptions }) => humanCaptions[0])).toEqual([
      'a caption',
      'another',
      'third',
    ]);
  });

  test('whose records are not whole are refused', async () => {
    const refused = (files: Readonly<Record<string, Uint8Array | string>>) =>
      problemOf(() => openWebDataset(writeCopy({ 'x.tar': tarOf(files) }), ['x.tar']));
    expect(refused({ 'a.txt': '1', 'b.txt': '2', 'a.jpg': 'x' }).what).toBe('the record a occurs twice');
    expect(refused({ 'a.json': '[1]' }).what).toBe('a.json is no object');
    expect(refused({ 'a.json': '{"x":NaN}' }).where).toContain('x.tar, a, a.json');
    expect(refused({ 'a.txt': Buffer.from([0xff, 0xfe, 0x41]) }).what).toContain('not UTF-8');
    expect(refused({ 'a.jpg': 'x', 'a.png': 'y' }).what).toBe('the record has several images');
  });
});

describe('parquet shards', () => {
  test.each([
    ['one page', 2 ** 20],
    ['many pages', 150],
  ])('give the image of any row, from groups of %s', async (_, pageSize) => {
    const images = Array.from({ length: 23 }, (_, row) => createHash('sha512').update(`${row}`).digest());
    const rows = images.map((bytes, row) => ({ bytes, path: `${row}.png`, question: 'q?', answer: 'a' }));
    const root = writeCopy({ 'x.parquet': parquetCopy(rows, 10, pageSize) });
    const shards = await openParquet(root, ['x.parquet']);
    for (let step = 0; step < images.length; step++) {
      const row = (step * 9) % images.length;
      expect(Buffer.from(await shards.images.read(`${row}.png`)).equals(images[row]!)).toBe(true);
    }
    if (pageSize > 150) return;
    // Where there is an index of pages, no other page is read for an image: one that is damaged harms its own rows alone.
    const file = readFileSync(join(root, 'x.parquet'));
    const first = file.indexOf(images[0]!);
    file.fill(0xff, first - 30, first);
    writeFileSync(join(root, 'x.parquet'), file);
    await expect(shards.images.read('0.png')).rejects.toThrow(InputError);
    expect(Buffer.from(await shards.images.read('9.png')).equals(images[9]!)).toBe(true);
  });

  test('put questions about one image together, by path or by what the image is', async () => {
    const [one, two] = [await drawImage(1), await drawImage(2)];
    const rows = [
      { bytes: one, question: 'is it red?', answer: 'yes' },
      { bytes: two, question: 'where?', answer: 'liver' },
      { bytes: one, question: 'what?', answer: 'gland' },
      { bytes: two, path: 'two.jpg', question: 'how?', answer: 'well' },
      { bytes: one, path: 'two.jpg', question: 'who?', answer: 'me' },
    ];
    const root = writeCopy({
      'data/train-00000-of-00002.parquet': parquetCopy(rows.slice(0, 3)),
      'data/train-00001-of-00002.parquet': parquetCopy(rows.slice(3)),
    });
    const declaration = {
      format: 'parquet',
      captionStyle: 'human',
      splits: { train: { shards: ['data/train-*.parquet'] } },
    } as const;
    const source = await openDeclared('mine', declaration, root);
    const { samples } = source.splits.get('train')!;
    expect(samples.map(({ questions }) => questions.map(({ question }) => question))).toEqual([
      ['is it red?', 'what?', 'who?'],
      ['where?'],
      ['how?'],
    ]);
    const bytes = await Promise.all(samples.map(async ({ imageId }) => source.image(imageId)));
    expect(bytes.map((stored) => stored.kind === 'encoded' && Buffer.from(stored.bytes).equals(one))).toEqual([
      true,
      false,
      false,
    ]);
    expect(source.placeOf(samples[2]!.imageId)).toBe(join(root, 'data/train-00001-of-00002.parquet, row 0'));
  });

  test('whose pages miss a count, with which decoding would never end, are refused', async () => {
    // Found by changing a file at random.
    const error = await openParquet('test/fixtures/parquet', ['page-without-rows.parquet']).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as InputError).problem.what).toMatch(/a count of a page is missing or negative$/);
  });

  test('that are damaged are refused by name', async () => {
    const whole = parquetCopy([{ bytes: await drawImage(1), question: 'q?', answer: 'a' }]);
    for (const bytes of [
      whole.subarray(0, whole.length - 20),
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      Buffer.alloc(0),
    ]) {
      const root = writeCopy({ 'x.parquet': bytes });
      const error = await openParquet(root, ['x.parquet']).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).problem.where).toContain('x.parquet');
    }
  });
});
