/**
 * The names in a folder, without what is not there any more: a file that is removed while a process of this machine has it open stays on NFS
 * as `.nfs` and digits until it is closed.
 */
import { readdirSync } from 'node:fs';

export const namesIn = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => !/^\.nfs[0-9a-f]{8,}$/i.test(name));
