/**
 * Files that are never seen half-written: the bytes go to a temporary file in the same folder, are forced to disk and
 * renamed into place, and the rename is forced to disk as well. Only a regular file is ever replaced: a symbolic link is
 * followed, and into a device, a pipe or an open descriptor (`/dev/stdout`) the bytes are written as they come.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { namingFile, namingUnnamed, systemCodeOf } from './system-errors.js';
import { writePieces, writeTargetOf, writeThrough } from './write-target.js';

/**
 * Writes or replaces `file` in one step, creating its folder. A crash leaves the old file, at worst beside a `.tmp-` file.
 * @throws NodeJS.ErrnoException that names `file` as the caller did, also for a folder in its place
 */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  writePiecesAtomically(file, [content]);
}

/** As `writeFileAtomically`, for content that is too large to be held at once. */
export function writePiecesAtomically(file: string, pieces: Iterable<string | Uint8Array>): void {
  const target = writeTargetOf(file);
  if (target.kind === 'regular') namingFile(file, () => replace(target.path, (to) => writePieces(to, pieces)));
  else writeThrough(file, target, pieces);
}

/** As `writeFileAtomically`, for content that `fill` appends piece by piece; `file` is a regular file of ours. */
export function fillFileAtomically<Result>(file: string, fill: (descriptor: number) => Result): Result {
  return namingFile(file, () => replace(file, fill));
}

function replace<Result>(path: string, fill: (descriptor: number) => Result): Result {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  // Cut, so that a name of the longest length that a folder takes leaves room for the rest.
  const temporary = join(folder, `${basename(path).slice(0, 60)}.tmp-${uniqueSuffix()}`);
  try {
    const result = fillFile(temporary, fill);
    renameOnce(temporary, path);
    syncFolder(folder);
    return result;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Creates a file whose bytes are on disk when the function returns; its name is not. */
export function fillFile<Result>(file: string, fill: (descriptor: number) => Result): Result {
  const descriptor = openSync(file, 'wx');
  try {
    return namingUnnamed(file, () => {
      const result = fill(descriptor);
      fsyncSync(descriptor);
      return result;
    });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * As `renameSync`, where a server that is asked once more, as its first answer was lost, finds that there is nothing left to rename.
 * @param to a new name, or one that nobody else writes at the same time
 */
export function renameOnce(from: string, to: string): void {
  const { ino } = statSync(from, { bigint: true });
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' && statSync(to, { bigint: true, throwIfNoEntry: false })?.ino === ino) return;
    throw error;
  }
}

/** Tells temporary names of all processes apart. */
export const uniqueSuffix = (): string => `${process.pid}-${randomBytes(4).toString('hex')}`;

/** Whether a name is that of a file which is being written, or whose writer was cut off. */
export const isTemporary = (name: string): boolean => /\.tmp-\d+-[0-9a-f]{8}$/.test(name);

/** Forces the names in a folder to disk. */
export function syncFolder(folder: string): void {
  // Windows cannot open a folder; there the rename alone must do.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    namingUnnamed(folder, () => fsyncSync(descriptor));
  } catch (error) {
    // Some file systems of other machines take no such request for a folder, and keep names safe themselves.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(systemCodeOf(error) ?? '')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
