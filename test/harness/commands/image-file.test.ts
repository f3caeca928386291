/** What `generate` takes as an image, and how it refuses the rest. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readImageFile } from '../../../harness/commands/image-file.js';
import { UserError } from '../../../harness/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-image-'));
const red = { r: 255, g: 0, b: 0 };
const blue = { r: 0, g: 0, b: 255 };
const one = (background: typeof red, width = 16, height = 16) =>
  sharp({ create: { width, height, channels: 3, background } });

/** Red on the left, blue on the right. */
const sides = () =>
  one(red, 32, 32).composite([
    { input: { create: { width: 16, height: 32, channels: 3, background: blue } }, left: 16, top: 0 },
  ]);

async function file(name: string, bytes: Uint8Array | Promise<Uint8Array>): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await bytes);
  return path;
}

/** The corner pixels of the decoded image: top left, top right, bottom left, as `r`, `b` or `?`. */
async function corners(path: string): Promise<string> {
  const { width, height, pixels } = await readImageFile(path, 8);
  expect([width, height, pixels.length]).toEqual([8, 8, 192]);
  const at = (x: number, y: number) => {
    const [r, g, b] = pixels.slice((y * 8 + x) * 3);
    return r! > 200 && g! < 60 && b! < 60 ? 'r' : b! > 200 && g! < 60 && r! < 60 ? 'b' : '?';
  };
  return at(0, 0) + at(7, 0) + at(0, 7);
}

async function refusal(path: string): Promise<string> {
  const error = await readImageFile(path, 8).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

/** A PNG whose header claims a size that its data does not have. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const png = await one(red).png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  const checksum = typeof crc32 === 'function' ? crc32(png.subarray(12, 29)) : slowChecksum(png.subarray(12, 29));
  png.writeUInt32BE(checksum >>> 0, 29);
  return png;
}

/** CRC-32 as PNG wants it, for versions of Node without one. */
function slowChecksum(bytes: Uint8Array): number {
  let checksum = 0xffffffff;
  for (const byte of bytes) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit++) checksum = (checksum >>> 1) ^ (checksum & 1 ? 0xedb88320 : 0);
  }
  return checksum ^ 0xffffffff;
}

describe('an image file', () => {
  test('is read from PNG, JPEG and WebP', async () => {
    expect(await corners(await file('a.png', sides().png().toBuffer()))).toBe('rbr');
    expect(
      await corners(await file('a.jpg', sides().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer())),
    ).toBe('rbr');
    expect(await corners(await file('a.webp', sides().webp({ lossless: true }).toBuffer()))).toBe('rbr');
  });

  // EXIF 2.32, 4.6.4, tag 274: where the stored first row and the stored first column are seen.
  test.each([
    [1, 'rbr'],
    [2, 'brb'],
    [3, 'brb'],
    [4, 'rbr'],
    [5, 'rrb'],
    [6, 'rrb'],
    [7, 'bbr'],
    [8, 'bbr'],
  ])('is turned as orientation %i of its EXIF says', async (orientation, seen) => {
    const bytes = sides().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).withMetadata({ orientation }).toBuffer();
    expect(await corners(await file(`turned-${orientation}.jpg`, bytes))).toBe(seen);
  });

  test('that is an animation is its first frame', async () => {
    const frames = await Promise.all([red, blue, red].map((colour) => one(colour).png().toBuffer()));
    const animation = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(3);
    expect(await corners(await file('moving.webp', animation))).toBe('rrr');
  });

  test('lets white show through where it is transparent', async () => {
    const clear = sharp({ create: { width: 4, height: 4, channels: 4, background: { ...red, alpha: 0 } } });
    const { pixels } = await readImageFile(await file('clear.png', clear.png().toBuffer()), 4);
    expect(new Set(pixels)).toEqual(new Set([255]));
  });

  test('is refused when its header claims absurd sizes, without decoding it', async () => {
    for (const [width, height] of [
      [50_000, 50_000],
      [2_000_000_000, 1],
      [20_000, 6_000],
    ] as const) {
      const message = await refusal(await file('absurd.png', claiming(width, height)));
      expect(message).toMatch(/^error: the image (?:is too large|cannot be read)/);
    }
    expect(await refusal(await file('absurd.png', claiming(50_000, 50_000)))).toBe(
      [
        'error: the image is too large: its header says 50000 × 50000 pixels',
        `  where:    ${join(folder, 'absurd.png')}`,
        '  expected: at most 100 million pixels',
        '  fix:      make the image smaller, or check the file',
      ].join('\n'),
    );
  });

  test('is refused when it is something else, cut short, a folder or not there', async () => {
    const gif = await refusal(await file('a.gif', one(red).gif().toBuffer()));
    expect(gif).toContain('the image is of the kind gif');
    expect(gif).toContain('expected: a whole PNG, JPEG or WebP file');
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
    expect(await refusal(await file('a.svg', svg))).toContain('the image is of the kind svg');
    const whole = await sides().jpeg().toBuffer();
    expect(await refusal(await file('cut.jpg', whole.subarray(0, whole.length / 2)))).toContain('cannot be read');
    expect(await refusal(await file('empty.png', Buffer.alloc(0)))).toContain('cannot be read');
    mkdirSync(join(folder, 'dir.png'));
    expect(await refusal(join(folder, 'dir.png'))).toContain(`where:    ${join(folder, 'dir.png')}`);
    expect(await refusal(join(folder, 'none.png'))).toContain('ENOENT');
  });
});
