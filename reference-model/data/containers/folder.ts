/** Images as files below a folder. Folders are listed when a name in them is first asked for; a link may not lead out of the folder. */
import { type Dirent, readdirSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { InputError, unreadable } from '../../files/input-error.js';
import { requireRegularFile, requireSize } from '../../files/regular-file.js';
import { type ImageContainer, isImageName, LARGEST_IMAGE, missingImage, requireInside } from './container.js';

/** @param folder absolute, or relative to the working directory @throws InputError where there is no such folder */
export function openFolder(folder: string): ImageContainer {
  let root: string;
  try {
    root = realpathSync(folder);
    readdirSync(root, { withFileTypes: false });
  } catch (error) {
    throw unreadable(folder, error);
  }
  const listed = new Map<string, ReadonlySet<string>>();
  const filesOf = (relative: string): ReadonlySet<string> => {
    const known = listed.get(relative);
    if (known !== undefined) return known;
    const names = new Set(
      entriesOf(join(root, relative)).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])),
    );
    listed.set(relative, names);
    return names;
  };
  const has = (name: string): boolean => {
    const inside = requireInside(name, folder);
    const slash = inside.lastIndexOf('/');
    return filesOf(inside.slice(0, Math.max(slash, 0))).has(inside.slice(slash + 1));
  };
  return {
    has,
    names: () => [...imagesBelow(root, '')],
    placeOf: (name) => join(folder, name),
    read: async (name) => {
      const inside = requireInside(name, folder);
      if (!has(inside)) throw missingImage(inside, join(folder, inside));
      const file = join(folder, inside);
      requireNoWayOut(file, root);
      requireSize(file, requireRegularFile(file), LARGEST_IMAGE);
      try {
        return await readFile(file);
      } catch (error) {
        throw unreadable(file, error);
      }
    },
    manifest: [],
    close: () => {},
  };
}

/** @throws InputError for a file that symbolic links lead out of the folder */
function requireNoWayOut(file: string, root: string): void {
  let real: string;
  try {
    real = realpathSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  if (real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw new InputError({
    code: 'data-invalid',
    what: 'a symbolic link leads out of the folder of the images',
    where: file,
    expected: 'files, and links to files inside of the folder',
    fix: `name the folder that ${dirname(real)} is part of as the folder of the images, or copy the files`,
  });
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // What is not there holds no image.
    return [];
  }
}

/** Sorted by code units, whatever order the disk answers in. */
function* imagesBelow(root: string, relative: string): Generator<string> {
  const entries = [...entriesOf(join(root, relative))].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
    if (entry.isDirectory()) yield* imagesBelow(root, name);
    else if (isImageName(entry.name)) yield name;
  }
}
