/**
 * Folders that are never seen half-filled: they are filled under a temporary name beside their place, forced to disk and renamed into
 * place, and the rename is forced to disk as well.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isTemporary, renameOnce, syncFolder, uniqueSuffix } from './atomic-file.js';
import { systemCodeOf } from './system-errors.js';

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
    renameOnce(temporary, folder);
    syncFolder(parent);
    return folder;
  } catch (error) {
    removeLeftover(temporary);
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
  removeLeftover(temporary);
}

/** Removes what interrupted calls left in a folder, of files as well. Call only while nobody else fills or removes folders there. */
export function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (name.startsWith(LEFTOVER) || isTemporary(name)) removeLeftover(join(parent, name));
  }
}

/** On NFS a file that another process has open leaves something in its folder until it is closed: a later call removes that. */
function removeLeftover(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!['ENOTEMPTY', 'EBUSY'].includes(systemCodeOf(error) ?? '')) throw error;
  }
}
