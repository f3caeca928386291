/** Strict decoding against the decoder of the platform, and the places and kinds of what is refused. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { InputError } from '../../../reference-model/files/input-error.js';
import { collect, openTextInput, readTextInput } from '../../../reference-model/files/input-stream.js';
import { readText } from '../../../reference-model/files/read-text.js';
import { toUtf8 } from '../../../reference-model/files/text-encoding.js';
import { firstInvalidUtf8, unfinishedBytes } from '../../../reference-model/files/utf8.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-read-'));

function written(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

function problemOf(read: () => unknown) {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).problem;
  }
  throw new Error('nothing was refused');
}

/** Bytes that are often nearly UTF-8. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }).map((text) => [...Buffer.from(text)]),
      fc.array(fc.constantFrom(0x61, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff), {
        maxLength: 4,
      }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.from(parts.flat()));

describe('UTF-8', () => {
  it('is told from what is none as the decoder of the platform does, with the first wrong byte', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const decodes = (bytes: Uint8Array) => {
      try {
        strict.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const invalid = firstInvalidUtf8(bytes);
        expect(invalid === undefined).toBe(decodes(bytes));
        if (invalid === undefined) return;
        expect(decodes(bytes.subarray(0, invalid))).toBe(true);
        for (let length = 1; length <= 4; length++) {
          const end = invalid + length;
          if (end <= bytes.length) expect(decodes(bytes.subarray(invalid, end))).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is found wrong far inside a large text', () => {
    const text = Buffer.from('é'.repeat(200_000));
    text[300_001] = 0x28;
    expect(firstInvalidUtf8(text)).toBe(300_000);
  });

  it('may be cut anywhere: what is unfinished is never more than the last character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const piece = bytes.subarray(0, at % (bytes.length + 1));
        expect(firstInvalidUtf8(piece.subarray(0, piece.length - unfinishedBytes(piece)))).toBeUndefined();
      }),
    );
  });

  it('is read in pieces as it is read whole, with the same error', async () => {
    const all = async (pieces: readonly Buffer[]) => {
      async function* source() {
        yield* pieces;
      }
      try {
        return (await collect((await readTextInput(source(), 'f')).chunks)).toString();
      } catch (error) {
        return (error as InputError).problem;
      }
    };
    await fc.assert(
      fc.asyncProperty(nearlyUtf8, async (bytes) => {
        expect(await all([...bytes].map((byte) => Buffer.of(byte)))).toEqual(await all([bytes]));
      }),
    );
  });
});

describe('a text file', () => {
  const text = 'name,caption\né.jpg,ein Mädchen – 日本\n';
  const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();
  const utf16 = Buffer.from(text, 'utf16le');

  test.each<[string, Uint8Array]>([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 with its mark, little-endian', Buffer.concat([Buffer.of(0xff, 0xfe), utf16])],
    ['UTF-16 with its mark, big-endian', Buffer.concat([Buffer.of(0xfe, 0xff), swapped(utf16)])],
  ])('in %s is read', async (name, bytes) => {
    const file = written(`${name}.csv`, bytes);
    expect(readText(file)).toBe(text);
    expect((await collect((await openTextInput(file)).chunks)).toString()).toBe(text);
  });

  test('in another encoding is read by its name, and UTF-8 beside it stays UTF-8', () => {
    const old = written('old.csv', Buffer.from('caf\xe9', 'latin1'));
    expect(readText(old, { encoding: 'windows-1252' })).toBe('café');
    expect(readText(old, { encoding: 'latin1' })).toBe('café');
    expect(readText(written('new.csv', 'café'), { encoding: 'windows-1252' })).toBe('café');
    expect(readText(written('bare.csv', utf16), { encoding: 'utf-16le' })).toBe(text);
    // Python: "日本".encode("iso2022_jp")
    expect(readText(written('jp.csv', Buffer.from('\x1b$BF|K\\\x1b(B', 'latin1')), { encoding: 'iso-2022-jp' })).toBe(
      '日本',
    );
  });

  test('in no encoding is refused with byte, line and column', () => {
    expect(problemOf(() => readText(written('l1.csv', Buffer.from('a,b\nx,caf\xe9\n', 'latin1'))))).toMatchObject({
      code: 'data-invalid',
      what: 'the file is not UTF-8: byte 9 is 0xE9, which is é in windows-1252',
      where: `${join(folder, 'l1.csv')}:2:6`,
    });
    const marked = written('marked.csv', Buffer.from('\xef\xbb\xbfa\n\xff', 'latin1'));
    expect(problemOf(() => readText(marked))).toMatchObject({
      what: expect.stringContaining('byte 5 is 0xFF'),
      where: `${marked}:2:1`,
    });
    expect(problemOf(() => readText(written('bare16.csv', utf16)))).toMatchObject({
      what: 'the file is no text: byte 1 is NUL',
      fix: expect.stringContaining('--encoding utf-16le'),
    });
    expect(problemOf(() => readText(written('utf32.csv', Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0)))).what).toBe(
      'the file is UTF-32',
    );
    expect(problemOf(() => readText(written('odd.csv', Buffer.of(0xff, 0xfe, 0x61)))).what).toContain('not utf-16le');
    expect(problemOf(() => toUtf8(Buffer.of(0xff), 'f', 'latin-9x')).what).toBe('there is no encoding "latin-9x"');
  });
});

describe('gzip', () => {
  test('is unpacked up to the limit and no further', async () => {
    const file = written('bomb.gz', gzipSync(' '.repeat(20_000_000)));
    const read = async (limit: number) => (await collect((await openTextInput(file, { limit })).chunks)).length;
    expect(await read(20_000_000)).toBe(20_000_000);
    await expect(read(19_999_999)).rejects.toMatchObject({
      problem: { what: 'the file unpacks to more than 19 MB', where: file },
    });
  });
});

describe('what is no regular file', () => {
  test('is refused before it is opened', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(problemOf(() => readText(fifo)).what).toBe(`${fifo} is a named pipe, which may never end`);
    expect(problemOf(() => readText('/dev/zero')).what).toBe('/dev/zero is a device, which may never end');
    expect(problemOf(() => readText(folder)).what).toBe(`${folder} is a folder, not a file`);
    expect(problemOf(() => readText(join(folder, 'nothing'))).code).toBe('file-unreadable');
    await expect(openTextInput(fifo)).rejects.toThrow('named pipe');
  });
});
