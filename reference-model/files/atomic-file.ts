/**
 * Files and folders that are never seen half-written: they are filled under a temporary name in the same folder, forced to disk and
 * renamed into place, and the rename is forced to disk as well.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFully } from './file-bytes.js';

/** Writes or replaces `file` in one step, creating its folder. A crash leaves the old file, at worst beside a `.tmp-` file. */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  fillFileAtomically(file, (descriptor) => writeFully(descriptor, bytes));
}

/** As `writeFileAtomically`, for content that `fill` appends piece by piece. */
export function fillFileAtomically<Result>(file: string, fill: (descriptor: number) => Result): Result {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const temporary = `${file}.tmp-${uniqueSuffix()}`;
  try {
    const result = fillFile(temporary, fill);
    renameSync(temporary, file);
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
    const result = fill(descriptor);
    fsyncSync(descriptor);
    return result;
  } finally {
    closeSync(descriptor);
  }
}

const LEFTOVER = '.tmp-';

/**
 * Makes a complete folder visible inside `parent` by one rename.
 *
 * @param fill puts files, each forced to disk, into the temporary folder, and returns the name that the folder is to get
 * @returns the folder's path
 */
export async function fillFolderAtomically(
  parent: string,
  fill: (temporary: string) => Promise<string>,
): Promise<string> {
  mkdirSync(parent, { recursive: true });
  const temporary = join(parent, `${LEFTOVER}${uniqueSuffix()}`);
  try {
    mkdirSync(temporary);
    const folder = join(parent, await fill(temporary));
    syncFolder(temporary);
    // Equal names hold equal bytes, or leftovers of a run that is performed again.
    removeFolderAtomically(folder);
    renameSync(temporary, folder);
    syncFolder(parent);
    return folder;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** Removes a folder so that a crash never leaves a part of it under its name. */
export function removeFolderAtomically(folder: string): void {
  const parent = dirname(folder);
  const temporary = join(parent, `${LEFTOVER}${uniqueSuffix()}`);
  try {
    renameSync(folder, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  syncFolder(parent);
  rmSync(temporary, { recursive: true, force: true });
}

/** Removes what interrupted calls left in a folder. Call only while nobody else fills or removes folders there. */
export function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (name.startsWith(LEFTOVER)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

const uniqueSuffix = (): string => `${process.pid}-${randomBytes(4).toString('hex')}`;

function syncFolder(folder: string): void {
  // Windows cannot open a folder; there the rename alone must do.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
