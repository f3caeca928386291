/** How a path is shown to the user. */
import { relative, resolve } from 'node:path';

/** Relative to the working directory where it lies below it, absolute elsewhere. */
export function shownPath(file: string): string {
  const shown = relative(process.cwd(), file);
  return shown.startsWith('..') ? resolve(file) : shown;
}
