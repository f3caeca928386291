/** Lists of shards as people write them: files, folders of them, `data/train-*.parquet`, and ranges such as `shard-{00000..00012}.tar`. */
import { readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { InputError, unreadable } from '../../files/input-error.js';

const MOST_SHARDS = 100_000;

/**
 * The files of a list, in its order; those of a folder in the order of their names.
 * @param extension of shards in a folder, with the dot
 * @throws InputError where a folder holds none, or a range is none
 */
export function shardsOf(list: readonly string[], root: string, extension: string): readonly string[] {
  return list.flatMap((entry) => {
    const path = join(root, entry);
    if (entry.includes('*')) return expandStar(entry, root);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      return expandBraces(entry, path);
    }
    const names = filesIn(path).filter((name) => name.endsWith(extension));
    if (names.length > 0) return names.sort().map((name) => join(entry, name));
    throw new InputError({
      code: 'file-unreadable',
      what: `the folder holds no ${extension} file`,
      where: path,
      expected: `shards that end in ${extension}`,
      fix: 'name the folder that the shards lie in',
    });
  });
}

/** As a shell expands stars in the last part of a path. @throws InputError where no file fits */
function expandStar(entry: string, root: string): readonly string[] {
  const folder = posix.dirname(entry);
  const pattern = posix.basename(entry);
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const wanted = new RegExp(`^${escaped.join('.*')}$`, 's');
  const names = filesIn(join(root, folder)).filter((name) => wanted.test(name));
  if (names.length > 0) return names.sort().map((name) => posix.join(folder, name));
  throw new InputError({
    code: 'file-unreadable',
    what: `no file is called ${pattern}`,
    where: join(root, folder),
    expected: 'the shards of the split',
    fix: 'fetch them, or correct the name',
  });
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** As a shell expands one range of whole numbers; leading zeros are kept. */
function expandBraces(entry: string, path: string): readonly string[] {
  const [, before, from, to, after] = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/s.exec(entry) ?? [];
  if (before === undefined) return [entry];
  const [first, last] = [Number(from), Number(to)];
  if (last < first || last - first >= MOST_SHARDS) {
    throw new InputError({
      code: 'data-invalid',
      what: `${from}..${to} is no range of shards`,
      where: path,
      expected: `a first number and a last one, at most ${MOST_SHARDS} shards`,
      fix: 'correct the range',
    });
  }
  return Array.from(
    { length: last - first + 1 },
    (_, index) => `${before}${String(first + index).padStart(from!.length, '0')}${after}`,
  );
}
