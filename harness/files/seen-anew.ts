/**
 * What other machines have written to a shared file system since this one last looked. NFS answers for up to a minute from memory that a
 * name does not exist; opening its folder is what makes it ask the server again. So nothing that another machine may have written is taken
 * for missing before its folder was opened. On a disk that costs microseconds.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../../reference-model/files/system-errors.js';

/** Whether a file or folder is there, by what the server says now. */
export function existsAnew(path: string): boolean {
  return existsSync(path) || (lookAnew(dirname(path)) && existsSync(path));
}

/** Makes what a folder holds be asked for anew. @returns whether the folder is there */
export function lookAnew(folder: string): boolean {
  if (open(folder)) return true;
  const parent = dirname(folder);
  // The folder itself may be new.
  return parent !== folder && lookAnew(parent) && open(folder);
}

function open(folder: string): boolean {
  try {
    closeSync(openSync(folder, 'r'));
    return true;
  } catch (error) {
    // Windows opens no folder, and what cannot be opened for another reason is told by whoever uses it.
    return !['ENOENT', 'ENOTDIR', 'ESTALE'].includes(systemCodeOf(error) ?? '');
  }
}
