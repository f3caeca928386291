/**
 * The folder of a published site, written so that nothing leaves it and nothing foreign in it is harmed: a symbolic link on the way
 * is refused and never followed, a file that publish has not written is neither replaced nor deleted, and no file is seen half-written.
 */
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeFully } from '../../reference-model/files/file-bytes.js';
import { namesIn } from '../../reference-model/files/folder-names.js';
import { namingUnnamed } from '../../reference-model/files/system-errors.js';
import { UserError } from '../errors.js';
import { readText } from '../files/read-input.js';

/** Paths in a site: lower-case names that publish derives from hashes, numbers and identifiers; `/` between them, no `..`. */
const SITE_PATH = /^(?:[a-z0-9][a-z0-9_-]*\/)*[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)+$/;
/** Folder of the lock that keeps a second publish waiting. */
const LOCK = '.publish-lock';
/** A path is noted here before its file is written, so that a publish that was killed is known to own what it left. */
const JOURNAL = '.publish-journal';

export interface SiteFolder {
  readonly root: string;
  /** Every path that this or an earlier publish wrote. */
  readonly owned: ReadonlySet<string>;
  /** Bytes of a regular file, or undefined if there is none. */
  size(path: string): number | undefined;
  write(path: string, content: string | Uint8Array): void;
  /** Removes a file of ours and the folders that it leaves empty. */
  remove(path: string): void;
  /** Notes paths that the next manifest will not list, so that they are known as ours until they are removed. */
  note(paths: Iterable<string>): void;
  /** Call when the manifest that lists every file is on disk and what it does not list is removed. */
  finish(): void;
}

/** Where the lock of a site is kept. */
export function siteLock(out: string): string {
  return join(resolve(out), LOCK);
}

export function isSitePath(path: string): boolean {
  return path.length <= 300 && SITE_PATH.test(path);
}

/**
 * @param owned the paths that an earlier publish wrote
 * @throws UserError `site-refused` for a symbolic link or a file in the way
 */
export function openSiteFolder(out: string, owned: Iterable<string>): SiteFolder {
  const root = resolve(out);
  mkdirSync(root, { recursive: true });
  const ours = new Set<string>([...owned, ...journalled(root)]);
  const safeFolders = new Set<string>();
  const journal = openSync(join(root, JOURNAL), 'a');
  const noteInJournal = (path: string) => namingUnnamed(join(root, JOURNAL), () => writeSync(journal, `${path}\n`));

  const requireFolder = (folder: string, create: boolean): boolean => {
    if (folder === '.' || safeFolders.has(folder)) return true;
    if (!requireFolder(dirname(folder), create)) return false;
    const state = lstatSync(join(root, folder), { throwIfNoEntry: false });
    if (state === undefined) {
      if (!create) return false;
      mkdirSync(join(root, folder));
    } else if (state.isSymbolicLink() || !state.isDirectory()) {
      throw refused(
        state.isSymbolicLink()
          ? 'a folder of the site is a symbolic link'
          : 'a file stands where the site needs a folder',
        join(root, folder),
        'a folder that publish made',
      );
    }
    safeFolders.add(folder);
    return true;
  };

  const stateOf = (path: string) => {
    if (!isSitePath(path)) throw new TypeError(`"${path}" is not a path of a site`);
    return requireFolder(dirname(path), false) ? lstatSync(join(root, path), { throwIfNoEntry: false }) : undefined;
  };

  return {
    root,
    owned: ours,
    size: (path) => {
      const state = stateOf(path);
      return state?.isFile() ? state.size : undefined;
    },
    write: (path, content) => {
      const state = stateOf(path);
      if (!ours.has(path)) {
        if (state !== undefined) throw refused('a file that publish has not written is in the way', join(root, path));
        noteInJournal(path);
        ours.add(path);
      } else if (state !== undefined && !state.isFile() && !state.isSymbolicLink()) {
        // A link in place of a file of ours is ours to replace: what it leads to is not touched.
        throw refused(`${kindOf(state)} stands where the site needs a file`, join(root, path));
      }
      requireFolder(dirname(path), true);
      replaceFile(join(root, path), content);
    },
    remove: (path) => {
      if (!ours.has(path)) throw new TypeError(`"${path}" is not a file that publish has written`);
      if (stateOf(path)?.isDirectory() === false) rmSync(join(root, path), { force: true });
      removeEmptyFolders(root, dirname(path));
      safeFolders.clear();
    },
    note: (paths) => {
      for (const path of paths) noteInJournal(path);
    },
    finish: () => {
      closeSync(journal);
      rmSync(join(root, JOURNAL), { force: true });
    },
  };
}

/**
 * A folder that publish may write into: new, empty, or with a manifest of an earlier publish.
 * @throws UserError `site-refused`
 */
export function requireSiteRoot(out: string, manifestName: string): void {
  const root = resolve(out);
  const state = lstatSync(root, { throwIfNoEntry: false });
  if (state === undefined) return;
  if (state.isSymbolicLink()) throw refused('the folder of the site is a symbolic link', root, 'a folder');
  if (!state.isDirectory()) throw refused('a file stands where the site should go', root, 'a folder');
  const names = namesIn(root).filter((name) => name !== LOCK);
  if (names.includes(manifestName)) {
    const manifest = lstatSync(join(root, manifestName));
    if (manifest.isFile()) return;
    throw refused(`the manifest of the site is ${kindOf(manifest)}`, join(root, manifestName), 'a file');
  }
  if (names.length === 0 || names.includes(JOURNAL)) return;
  throw refused(
    'the folder is not empty and holds no site of vlm-bench',
    root,
    'a new or empty folder, or a published site',
  );
}

/** Without forcing it to disk: after a crash everything in the journal is written anew, and a site has thousands of files. */
function replaceFile(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.part`;
  rmSync(temporary, { force: true });
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    const descriptor = openSync(temporary, 'wx');
    try {
      namingUnnamed(file, () => writeFully(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function kindOf(state: Stats): string {
  if (state.isSymbolicLink()) return 'a symbolic link';
  return state.isDirectory() ? 'a folder' : 'a device or a pipe';
}

function removeEmptyFolders(root: string, folder: string): void {
  for (let current = folder; current !== '.'; current = dirname(current)) {
    try {
      rmdirSync(join(root, current));
    } catch {
      // Not empty: something else lives there.
      return;
    }
  }
}

function journalled(root: string): readonly string[] {
  const file = join(root, JOURNAL);
  const state = lstatSync(file, { throwIfNoEntry: false });
  if (state === undefined) return [];
  if (!state.isFile()) throw refused('the journal of publish is not a file', file);
  return readText(file).split('\n').filter(isSitePath);
}

function refused(what: string, where: string, expected?: string): UserError {
  return new UserError({
    code: 'site-refused',
    what,
    where,
    ...(expected === undefined ? {} : { expected }),
    fix: 'name another folder with --out, or move what is there away; publish follows no link out of its folder and replaces nothing of yours',
  });
}
