/** Lists of shards as people write them: files, folders of them, and names with a brace range such as `shard-{00000..00012}.tar`. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../files/input-error.js';

const MOST_SHARDS = 100_000;

/**
 * The files of a list, in its order; those of a folder in the order of their names.
 * @param extension of shards in a folder, with the dot
 * @throws InputError where a folder holds none, or a range is none
 */
export function shardsOf(list: readonly string[], root: string, extension: string): readonly string[] {
  return list.flatMap((entry) => {
    const path = join(root, entry);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      return expandBraces(entry, path).map((name) => name);
    }
    const names = readdirSync(path).filter((name) => name.endsWith(extension));
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
