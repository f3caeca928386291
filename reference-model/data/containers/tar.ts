/**
 * Members of a tar archive: where each lies, found in one pass over the headers that jumps over large members and reads small texts while it
 * is there. Members are read later by their place, so that an archive is never read whole for one image.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { InputError, unreadable } from '../../files/input-error.js';
import { requireRegularFile } from '../../files/regular-file.js';
import { requireInside } from './container.js';
import { BLOCK, damagedTar, parsePax, parseTarHeader, textAt } from './tar-headers.js';

/** Bytes read at once: headers of small members come many at a time. */
const WINDOW = 1 << 16;
/** A name or an extended header of more bytes is none. */
const LARGEST_META = 1 << 20;

export interface TarMember {
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  readonly size: number;
  /** Present where `keeps` asked for it. */
  readonly data?: Buffer;
}

export interface TarIndex {
  readonly members: readonly TarMember[];
  readonly bytes: number;
  /** Over names, places and sizes of all members, and over the data that was kept. */
  readonly sha256: string;
}

/**
 * Lists an archive.
 * @param keeps whether the bytes of a member are to be read along
 * @throws InputError naming the archive and the byte, for damage, a compressed archive, and names that lead elsewhere
 */
export function readTarIndex(file: string, keeps: (name: string, size: number) => boolean): TarIndex {
  const bytes = requireRegularFile(file);
  const descriptor = open(file);
  try {
    return new TarReader(descriptor, file, bytes).index(keeps);
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw unreadable(file, error);
  }
}

class TarReader {
  private readonly descriptor: number;
  private readonly file: string;
  private readonly bytes: number;
  private window = Buffer.alloc(0);
  private windowStart = 0;

  constructor(descriptor: number, file: string, bytes: number) {
    this.descriptor = descriptor;
    this.file = file;
    this.bytes = bytes;
  }

  index(keeps: (name: string, size: number) => boolean): TarIndex {
    const members: TarMember[] = [];
    const hash = createHash('sha256');
    let longName: string | undefined;
    let paxName: string | undefined;
    let paxSize: number | undefined;
    if (this.bytes >= 4) refuseCompressed(this.slice(0, 4), this.file);
    for (let at = 0; ; ) {
      const where = () => `${this.file}, byte ${at}`;
      // What a fetch cut short at the end of a member lacks is the block of zeros.
      if (at + BLOCK > this.bytes) throw damagedTar('it ends without its last block', where());
      const block = this.slice(at, BLOCK);
      const header = parseTarHeader(block, where);
      if (header === undefined) break;
      const isMeta = ['pax', 'pax-global', 'long-name', 'long-link'].includes(header.kind);
      const size = isMeta ? header.size : (paxSize ?? header.size);
      const offset = at + BLOCK;
      if (offset + size > this.bytes) throw damagedTar('it ends inside a member', where());
      if (isMeta) {
        if (size > LARGEST_META) throw damagedTar('an extended header is too large', where());
        const data = this.slice(offset, size);
        if (header.kind === 'pax') {
          const records = parsePax(data, where);
          if ([...records.keys()].some((key) => key.startsWith('GNU.sparse')))
            throw damagedTar('sparse members are not read', where());
          paxName = records.get('path');
          paxSize = sizeIn(records.get('size'), where);
        } else if (header.kind === 'long-name') longName = textAt(data, 0, data.length);
      } else {
        if (header.kind === 'file') {
          const name = requireInside(paxName ?? longName ?? header.name, where());
          const kept = keeps(name, size) ? { data: Buffer.from(this.slice(offset, size)) } : {};
          members.push({ name, offset, size, ...kept });
          hash.update(`${name.length}:${name}:${offset}:${size};`).update(kept.data ?? '');
        }
        longName = undefined;
        paxName = undefined;
        paxSize = undefined;
      }
      at = offset + Math.ceil(size / BLOCK) * BLOCK;
    }
    return { members, bytes: this.bytes, sha256: hash.digest('hex') };
  }

  /** Bytes of the archive; valid until the next call. */
  private slice(from: number, length: number): Buffer {
    if (from < this.windowStart || from + length > this.windowStart + this.window.length) {
      const wanted = Math.min(Math.max(WINDOW, length), this.bytes - from);
      if (this.window.buffer.byteLength < wanted) this.window = Buffer.allocUnsafeSlow(wanted);
      const whole = Buffer.from(this.window.buffer, 0, wanted);
      for (let done = 0; done < wanted; ) {
        const read = readSync(this.descriptor, whole, done, wanted - done, from + done);
        if (read === 0) throw damagedTar('it became shorter while it was read', this.file);
        done += read;
      }
      this.window = whole;
      this.windowStart = from;
    }
    return this.window.subarray(from - this.windowStart, from - this.windowStart + length);
  }
}

function sizeIn(text: string | undefined, where: () => string): number | undefined {
  if (text === undefined) return undefined;
  const size = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size)) throw damagedTar('a size is no number', where());
  return size;
}

function refuseCompressed(block: Buffer, file: string): void {
  const isGzip = block[0] === 0x1f && block[1] === 0x8b;
  const isZstd = block.readUInt32LE(0) === 0xfd2fb528;
  if (!isGzip && !isZstd) return;
  throw new InputError({
    code: 'data-invalid',
    what: `the archive is compressed with ${isGzip ? 'gzip' : 'zstd'}`,
    where: file,
    expected: 'an uncompressed tar archive, whose members can be read one by one',
    fix: `unpack it first (${isGzip ? 'gunzip' : 'unzstd'} ${file}): images are compressed already`,
  });
}
