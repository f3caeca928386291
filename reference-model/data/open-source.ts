/** Opens any data set: one of the registry by its name, or one that a user has declared in a YAML file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../files/input-error.js';
import type { DataFile, DataSetCard } from './card.js';
import { rootOf } from './data-root.js';
import type { DataDeclaration, Exclusion } from './declared/declaration.js';
import { textFilesOf } from './declared/declaration.js';
import { fingerprintOf } from './fingerprint.js';
import { type DataSetName, entryOf, requireRoot } from './registry.js';
import type { DataSource } from './source.js';

export interface OpenOptions {
  /** The data root: the folder of the data set, or a folder that holds it under its name. */
  readonly root?: string;
  readonly exclude?: Exclusion;
}

/** @throws InputError or DataError naming what is missing or wrong */
export async function openSource(name: DataSetName, { root, exclude }: OpenOptions = {}): Promise<DataSource> {
  const { card, load } = entryOf(name);
  const folder = root === undefined ? undefined : rootOf(name, root);
  if (load !== undefined) {
    const { memorySource } = await import('./memory-source.js');
    const splits = await load(folder === undefined ? {} : { root: folder });
    return memorySource({ name, fingerprint: fingerprintOf(splits), splits });
  }
  const found = requireRoot(card, folder);
  const { openDeclared } = await import('./declared/open-declared.js');
  const layout = layoutThere(card, found);
  return openDeclared(name, exclude === undefined ? layout : { ...layout, exclude }, found);
}

/** What a data set's card asks for and a folder lacks; a text may be missing where another layout has all of its own. */
export function missingFiles(card: DataSetCard, root: string): readonly DataFile[] {
  const isComplete = (card.layouts ?? []).some((layout) => textsThere(layout, root));
  return card.files.filter(({ path }) => !existsSync(join(root, path)) && !(isComplete && !path.endsWith('/')));
}

function textsThere(layout: DataDeclaration, root: string): boolean {
  const shards = Object.values(layout.splits).flatMap(({ shards: list = [] }) => list);
  const folders = shards.map((entry) => join(entry, '..'));
  return [...textFilesOf(layout), ...folders].every((file) => existsSync(join(root, file)));
}

/** @throws InputError that lists what has to be fetched, and where */
function layoutThere(card: DataSetCard, root: string): DataDeclaration {
  const layout = (card.layouts ?? []).find((candidate) => textsThere(candidate, root));
  if (layout !== undefined) return layout;
  const [first] = missingFiles(card, root);
  throw new InputError({
    code: 'file-unreadable',
    what: `${card.name} is not complete: there is no ${first?.path ?? 'file of texts'}`,
    where: root,
    expected: card.files.map(({ path, holds }) => `${path} (${holds})`).join('; '),
    fix: `fetch it from ${first?.from ?? card.source} (licence: ${card.license}); \`vlm-bench data card ${card.name}\` says more`,
  });
}
