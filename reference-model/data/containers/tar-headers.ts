/**
 * Headers of tar archives: POSIX ustar with pax extended headers (IEEE Std 1003.1-2017, pax, "ustar Interchange Format"), and the long
 * names and base-256 numbers of GNU tar. Every header is checked against its checksum.
 */
import { InputError } from '../../files/input-error.js';

export const BLOCK = 512;

export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** `file` is a regular one; `meta` describes the next header; everything else holds no data that we read. */
  readonly kind: 'file' | 'folder' | 'link' | 'other' | 'pax' | 'pax-global' | 'long-name' | 'long-link';
}

/** @param where file and byte, for errors @returns undefined for a block of zeros, which ends an archive */
export function parseTarHeader(block: Buffer, where: () => string): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : block[at]!;
  if (octal(block, 148, 8) !== sum) throw damagedTar('the checksum of a header is wrong', where());
  const size = numberAt(block, 124, 12);
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) throw damagedTar('a header has no size', where());
  const isUstar = block.toString('latin1', 257, 262) === 'ustar';
  // GNU tar keeps times where POSIX has the prefix of the name.
  const isPosix = isUstar && block[262] === 0;
  const prefix = isPosix ? textAt(block, 345, 155) : '';
  const base = textAt(block, 0, 100);
  return { name: prefix === '' ? base : `${prefix}/${base}`, size, kind: kindOf(block[156]!, base) };
}

function kindOf(flag: number, name: string): TarHeader['kind'] {
  switch (String.fromCharCode(flag)) {
    case '\0':
    case '0':
    case '7':
      return name.endsWith('/') ? 'folder' : 'file';
    case '1':
    case '2':
      return 'link';
    case '5':
      return 'folder';
    case 'x':
      return 'pax';
    case 'g':
      return 'pax-global';
    case 'L':
      return 'long-name';
    case 'K':
      return 'long-link';
    default:
      return 'other';
  }
}

/** The records of a pax header: `length key=value\n`, where the length counts itself. */
export function parsePax(data: Buffer, where: () => string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.toString('latin1', at, space));
    const end = at + length;
    const isWhole = Number.isSafeInteger(length) && end <= data.length && end > space && data[end - 1] === 0x0a;
    const equals = isWhole ? data.indexOf(0x3d, space) : -1;
    if (equals < 0 || equals >= end) throw damagedTar('an extended header cannot be read', where());
    records.set(data.toString('utf8', space + 1, equals), data.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}

export function damagedTar(what: string, where: string): InputError {
  return new InputError({
    code: 'data-invalid',
    what: `the tar archive is damaged: ${what}`,
    where,
    expected: 'an uncompressed tar archive (ustar, pax or GNU)',
    fix: 'fetch the archive again, or unpack a compressed one first',
  });
}

export function textAt(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from);
  return block.toString('utf8', from, end < 0 || end > from + length ? from + length : end);
}

function octal(block: Buffer, from: number, length: number): number | undefined {
  const text = textAt(block, from, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** Octal digits, or a big-endian number behind a byte with its highest bit set. */
function numberAt(block: Buffer, from: number, length: number): number | undefined {
  if (block[from] !== 0x80)
    return octal(block, from, length) ?? (textAt(block, from, length).trim() === '' ? 0 : undefined);
  let value = 0;
  for (let at = from + 1; at < from + length; at++) value = value * 256 + block[at]!;
  return value;
}
