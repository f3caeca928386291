import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../../../reference-model/data/pixels/decode.js';
import { InputError } from '../../../../reference-model/files/input-error.js';

const decode = (bytes: Uint8Array, mostPixels?: number) =>
  decodeImage(bytes, { where: 'photos/1.jpg', ...(mostPixels === undefined ? {} : { mostPixels }) });

const problemOf = async (bytes: Uint8Array, mostPixels?: number) => {
  const error = await decode(bytes, mostPixels).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  const { code, what, where, fix } = (error as InputError).problem;
  expect([code, where]).toEqual(['data-invalid', 'photos/1.jpg']);
  expect(fix).not.toBe('');
  return what;
};

/** A PNG of the PNG specification, chunk by chunk. */
function png(width: number, height: number, depth: number, colour: number, rows: Uint8Array, ...extra: Buffer[]) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** One grey pixel of 32 bits by the TIFF 6.0 specification, little-endian. */
function floatingTiff(): Buffer {
  const tags = [
    [256, 1], // width
    [257, 1], // height
    [258, 32], // bits
    [259, 1], // not compressed
    [262, 1], // black is zero
    [273, 8], // where the pixel lies
    [277, 1], // samples
    [278, 1], // rows
    [279, 4], // bytes
    [339, 3], // floating point
  ] as const;
  const file = Buffer.alloc(12 + 2 + tags.length * 12 + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(12, 4);
  file.writeUInt16LE(tags.length, 12);
  for (const [index, [tag, value]] of tags.entries()) {
    const at = 14 + index * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(3, at + 2); // 16 bits
    file.writeUInt32LE(1, at + 4);
    file.writeUInt16LE(value, at + 8);
  }
  return file;
}

const GREY = 0;
const RGB = 2;
const RGBA = 6;

describe('decoding', () => {
  test('keeps the upper 8 of 16 bits of grey and of colours', async () => {
    const grey = png(2, 1, 16, GREY, Uint8Array.from([0, 0x12, 0xff, 0xfe, 0x01]));
    expect([...(await decode(grey)).rgb]).toEqual([0x12, 0x12, 0x12, 0xfe, 0xfe, 0xfe]);
    const colours = png(1, 1, 16, RGB, Uint8Array.from([0, 1, 0xff, 2, 0x80, 3, 0]));
    expect([...(await decode(colours)).rgb]).toEqual([1, 2, 3]);
  });

  test('drops transparency and does not blend it', async () => {
    const image = png(2, 1, 8, RGBA, Uint8Array.from([0, 10, 20, 30, 0, 40, 50, 60, 128]));
    expect([...(await decode(image)).rgb]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test('applies no gamma and no colour profile', async () => {
    const gamma = Buffer.alloc(4);
    gamma.writeUInt32BE(100_000); // linear light
    const { icc } = await sharp(
      await sharp({ create: { width: 1, height: 1, channels: 3, background: '#123' } })
        .withIccProfile('p3')
        .png()
        .toBuffer(),
    ).metadata();
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('p3\0\0', 'latin1'), deflateSync(icc!)]));
    for (const extra of [chunk('gAMA', gamma), profile]) {
      const image = png(1, 1, 8, RGB, Uint8Array.from([0, 200, 100, 50]), extra);
      expect([...(await decode(image)).rgb]).toEqual([200, 100, 50]);
    }
  });

  test('turns an image upright', async () => {
    const rgb = Uint8Array.from([255, 0, 0, 0, 0, 255]); // red, blue
    const turned = await sharp(rgb, { raw: { width: 2, height: 1, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    expect(await decode(turned)).toEqual({ width: 1, height: 2, rgb });
  });
});

describe('what is refused', () => {
  test('a header that claims too many pixels, before any is decoded', async () => {
    const image = png(30_000, 30_000, 8, RGB, new Uint8Array(10));
    expect(await problemOf(image)).toBe('its header says 30000 × 30000 pixels');
    expect(process.resourceUsage().maxRSS).toBeLessThan(1_500_000); // 2.7 GB of pixels
  });

  test('the same claim of a JPEG, and a side that no JPEG can have', async () => {
    const jpeg = readFileSync('test/fixtures/pixels/images/420.jpg');
    const frame = jpeg.indexOf(Buffer.from('ffc0', 'hex'));
    jpeg.writeUInt16BE(30_000, frame + 5);
    jpeg.writeUInt16BE(30_000, frame + 7);
    expect(await problemOf(jpeg)).toBe('its header says 30000 × 30000 pixels');
    expect(await problemOf(png(1, 70_000, 8, GREY, new Uint8Array(140_000)))).toBe('its header says 1 × 70000 pixels');
  });

  test('a bomb: few bytes that are as many pixels as they say', async () => {
    const image = png(2000, 2000, 8, GREY, new Uint8Array(2001 * 2000));
    expect(image.length).toBeLessThan(10_000);
    expect(await problemOf(image, 1_000_000)).toBe('its header says 2000 × 2000 pixels');
    expect((await decode(image)).rgb).toHaveLength(12_000_000);
  });

  const images = readdirSync('test/fixtures/pixels/images');
  test.each(images)('%s that is cut short', async (name) => {
    const bytes = readFileSync(join('test/fixtures/pixels/images', name));
    for (const length of [bytes.length >> 1, 40, 3, 0]) await problemOf(bytes.subarray(0, length));
  });

  test.each([
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['a document', '%PDF-1.7'],
    ['a bitmap', 'BM6000'],
    ['a page that says that the image is not there', '<!doctype html>'],
  ])('%s', async (_, text) => {
    expect(await problemOf(Buffer.from(text))).toBe('the file is no image of a known kind');
  });

  test('light as floating-point numbers, which no camera writes', async () => {
    expect(await problemOf(floatingTiff())).toMatch(/^its colours are b-w as float/);
  });
});
