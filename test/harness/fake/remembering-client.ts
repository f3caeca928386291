/**
 * A stand-in for an NFS client that has looked before: what it found missing stays missing until the folder is opened, and what it found
 * stays there until it is opened itself, whatever other machines do meanwhile. Everything else is the disk's.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';

const disk = { existsSync: fs.existsSync, openSync: fs.openSync, readdirSync: fs.readdirSync };

export interface RememberingClient {
  /** Does something as another machine would, of which this one hears nothing. */
  elsewhere<Result>(work: () => Result | Promise<Result>): Promise<Result>;
  remove(): void;
}

export function rememberingClient(): RememberingClient {
  const memory = new Map<string, boolean>();
  const forgetMissing = (folder: string) => {
    for (const [path, isThere] of memory) if (!isThere && dirname(path) === folder) memory.delete(path);
  };
  const exists = (path: string): boolean => {
    const known = memory.get(path) ?? disk.existsSync(path);
    memory.set(path, known);
    return known;
  };
  const isMissing = (path: string): boolean =>
    path !== dirname(path) && (isMissing(dirname(path)) || memory.get(path) === false);
  const missing = (path: string) =>
    Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
      code: 'ENOENT',
      syscall: 'open',
      path,
    });
  const client = {
    existsSync: (path: fs.PathLike) => !isMissing(String(path)) && exists(String(path)),
    openSync: (path: fs.PathLike, flags: fs.OpenMode = 'r', mode?: fs.Mode) => {
      const name = String(path);
      if (flags !== 'r') memory.delete(name);
      if (isMissing(name)) throw missing(name);
      memory.delete(name);
      const descriptor = disk.openSync(path, flags, mode);
      if (fs.fstatSync(descriptor).isDirectory()) forgetMissing(name);
      return descriptor;
    },
    readdirSync: (path: fs.PathLike, options?: object) => {
      if (isMissing(String(path))) throw missing(String(path));
      forgetMissing(String(path));
      return disk.readdirSync(path, options as { withFileTypes: true });
    },
  };
  const install = (functions: typeof disk | typeof client) => {
    Object.assign(fs, functions);
    syncBuiltinESMExports();
  };
  install(client);
  return {
    elsewhere: async (work) => {
      install(disk);
      try {
        return await work();
      } finally {
        install(client);
      }
    },
    remove: () => install(disk),
  };
}

/** Lets the first call of a function of the disk do its work, or not, and then fail with a code. @returns how to undo it */
export function failingOnce<
  Name extends 'renameSync' | 'readSync' | 'readdirSync' | 'openSync' | 'rmSync' | 'writeSync' | 'writeFileSync',
>(
  name: Name,
  code: string,
  { afterwards = false, of = '' }: { readonly afterwards?: boolean; readonly of?: string } = {},
): () => void {
  const real = fs[name] as (...args: unknown[]) => unknown;
  let failed = false;
  const once = (...args: unknown[]) => {
    if (failed || !basename(String(args[0])).includes(of)) return real(...args);
    failed = true;
    if (afterwards) real(...args);
    throw Object.assign(new Error(`${code}: as a server says it, ${name}`), { code, syscall: name });
  };
  const undo = () => {
    Object.assign(fs, { [name]: real });
    syncBuiltinESMExports();
  };
  Object.assign(fs, { [name]: once });
  syncBuiltinESMExports();
  return undo;
}
