/**
 * Looks at what a path is before it is opened: opening a FIFO waits for a writer that may never come, and a device has no end.
 * A pipe that this process holds already (`/dev/fd/63`, as shells make of `<(command)`) ends with its writer and may be read as a stream.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { InputError, unreadable } from './input-error.js';
import { systemCodeOf } from './system-errors.js';

/** Larger files are read piece by piece or not at all. */
export const LARGEST_WHOLE_FILE = 2_000_000_000;

const OWN_PIPE = /^\/(?:dev\/fd|proc\/self\/fd)\/(\d+)$/;

/** Descriptor of a pipe of this process that `file` names; undefined for anything else. */
export function ownPipe(file: string): number | undefined {
  const descriptor = OWN_PIPE.exec(file)?.[1];
  if (descriptor === undefined) return undefined;
  try {
    return fstatSync(Number(descriptor)).isFIFO() ? Number(descriptor) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Size of a regular file in bytes.
 * @throws InputError for a file that is missing, or that is a folder, FIFO, socket or device
 */
export function requireRegularFile(file: string): number {
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  if (stats.isFile()) return stats.size;
  throw new InputError({
    code: 'file-unreadable',
    what: `${file} is ${kindOf(stats)}`,
    where: file,
    expected: 'a regular file',
    fix: stats.isDirectory() ? 'name a file in it' : 'write its content into a file and name that',
  });
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder, not a file';
  if (stats.isFIFO()) return 'a named pipe, which may never end';
  if (stats.isSocket()) return 'a socket, which may never end';
  return 'a device, which may never end';
}

/**
 * All bytes of a regular file.
 * @throws InputError as `requireRegularFile`, and for more than `limit` bytes
 */
export function readBytes(file: string, { limit = LARGEST_WHOLE_FILE }: { readonly limit?: number } = {}): Buffer {
  for (let attempt = 1; ; attempt++) {
    requireSize(file, requireRegularFile(file), limit);
    try {
      const descriptor = openSync(file, 'r');
      try {
        return readDescriptor(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      // Another machine put a new file in its place since it was opened.
      if (systemCodeOf(error) === 'ESTALE' && attempt < attemptsOfStale) continue;
      throw unreadable(file, error);
    }
  }
}

const attemptsOfStale = 5;

/** The size may have changed since it was looked up; what is read is what is there at the end. */
function readDescriptor(descriptor: number): Buffer {
  let bytes = Buffer.allocUnsafe(fstatSync(descriptor).size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (read === 0) return bytes.subarray(0, length);
    length += read;
    if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(length)]);
  }
}

/** @throws InputError that states size and limit */
export function requireSize(file: string, size: number, limit: number): void {
  if (size <= limit) return;
  throw new InputError({
    code: 'data-invalid',
    what: `the file holds ${Math.ceil(size / 1e6)} MB, more than fits into memory`,
    where: file,
    expected: `at most ${Math.floor(limit / 1e6)} MB`,
    fix: 'split the file, or give Node more memory with NODE_OPTIONS=--max-old-space-size=MB',
  });
}
