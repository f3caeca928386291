/** Where a data set lies below the folder that a user names. */
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** One data root may hold several data sets, each under its name. */
export function rootOf(name: string, root: string): string {
  const own = join(root, name);
  return statSync(own, { throwIfNoEntry: false })?.isDirectory() === true ? own : root;
}
