/** How a path is shown to the user, and whether two mean the same file. */
import { realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';

/** Relative to the working directory where it lies below it, absolute elsewhere. */
export function shownPath(file: string): string {
  const shown = relative(process.cwd(), file);
  return shown.startsWith('..') ? resolve(file) : shown;
}

/** Both exist. */
export function sameFile(left: string, right: string): boolean {
  return left === right || realpathSync(left) === realpathSync(right);
}
