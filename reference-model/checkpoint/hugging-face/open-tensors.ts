/**
 * The tensors of a model's folder as the hub has them: one `model.safetensors`, or shards with an index. Names of files in an index come
 * from outside: none leaves the folder, and shards and index must agree on every tensor. Headers alone are read. Nothing is ever executed:
 * files of pickled objects are refused.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, unreadable } from '../../files/input-error.js';
import { parseJsonBytes } from '../../files/read-json.js';
import { readBytes, requireRegularFile } from '../../files/regular-file.js';
import { toUtf8 } from '../../files/text-encoding.js';
import { type OtherEntry, readSafetensorsHeader } from '../safetensors-header.js';
import { sourcesOf, type TensorSource, type TensorSources } from '../tensor-file.js';

const SINGLE_FILE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const LARGEST_INDEX = 100_000_000;
/** No model has more files; each costs an open file and a header in memory. */
const MOST_SHARDS = 10_000;

const PICKLED = /\.(bin|pt|pth|ckpt|pkl)$/;

/** Where tensors come from, for messages, and what they are. */
export interface FolderTensors {
  /** The single file, or the index. */
  readonly file: string;
  readonly tensors: TensorSources;
  /** Those of types that hold no weights, by name. */
  readonly others: ReadonlyMap<string, OtherEntry>;
}

/** Whether weights lie in a folder as the hub has them. */
export function isHubFolder(folder: string): boolean {
  return [SINGLE_FILE, INDEX].some((name) => existsSync(join(folder, name)));
}

/** @throws InputError, SafetensorsError */
export function openFolder(folder: string): FolderTensors {
  const names = namesIn(folder);
  if (names.has(INDEX)) return openIndexed(folder);
  const file = join(folder, SINGLE_FILE);
  if (names.has(SINGLE_FILE)) return { file, ...openFile(file) };
  const pickled = [...names].find((name) => PICKLED.test(name));
  throw new InputError({
    code: 'data-invalid',
    what:
      pickled === undefined
        ? `there is neither ${SINGLE_FILE} nor ${INDEX}`
        : `the weights are pickled (${pickled}): such a file runs code when it is read`,
    where: folder,
    expected: 'weights in safetensors files',
    fix:
      pickled === undefined
        ? 'name the folder of a model as the hub has it, or download its files again'
        : 'convert them where you trust them: python -c "from transformers import AutoModel as M; ' +
          `M.from_pretrained('${folder}').save_pretrained('${folder}-safetensors')"`,
  });
}

function namesIn(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function openFile(file: string): Omit<FolderTensors, 'file'> {
  requireRegularFile(file);
  const header = readSafetensorsHeader(file, { otherTypes: 'told' });
  return { tensors: sourcesOf(file, header), others: new Map(header.others.map((entry) => [entry.name, entry])) };
}

function openIndexed(folder: string): FolderTensors {
  const file = join(folder, INDEX);
  const files = filesOfTensors(file);
  const disagree = (what: string, shard: string): InputError =>
    new InputError({
      code: 'data-invalid',
      what,
      where: join(folder, shard),
      expected: `the tensors that ${INDEX} names`,
      fix: 'download all files of the model again, of one revision',
    });
  const tensors = new Map<string, TensorSource>();
  const others = new Map<string, OtherEntry>();
  for (const shard of new Set(files.values())) {
    const opened = openFile(join(folder, shard));
    for (const name of [...opened.tensors.keys(), ...opened.others.keys()]) {
      const stated = files.get(name);
      if (stated === shard) continue;
      const where = stated === undefined ? 'nowhere' : `in ${stated}`;
      throw disagree(`the file holds the tensor ${shown(name)}, which stands ${where} by the index`, shard);
    }
    for (const [name, source] of opened.tensors) tensors.set(name, source);
    for (const [name, entry] of opened.others) others.set(name, entry);
  }
  for (const [name, shard] of files) {
    if (tensors.has(name) || others.has(name)) continue;
    throw disagree(`the file lacks the tensor ${shown(name)}, which stands there by the index`, shard);
  }
  return { file, tensors, others };
}

/** The file of each tensor, by an index. */
function filesOfTensors(file: string): ReadonlyMap<string, string> {
  const content = parseJsonBytes(toUtf8(readBytes(file, { limit: LARGEST_INDEX }), file).bytes, file);
  const invalid = (what: string, expected: string): InputError =>
    new InputError({ code: 'data-invalid', what, where: file, expected, fix: 'download the index again' });
  const { weight_map: map } = Object(content) as { readonly weight_map?: unknown };
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw invalid('the index has no weight_map', 'a weight_map of tensors and their files');
  }
  const files = new Map<string, string>();
  for (const [name, shard] of Object.entries(map)) {
    // A plain name in this folder, whatever the platform takes for a separator.
    if (typeof shard !== 'string' || !/^[\w][\w.-]*\.safetensors$/.test(shard)) {
      throw invalid(
        `the tensor ${shown(name)} stands in ${shown(shard)}, which is no file of this folder`,
        'a name as model-00001-of-00002.safetensors',
      );
    }
    files.set(name, shard);
  }
  if (files.size === 0) throw invalid('the index names no tensor', 'a weight_map of tensors and their files');
  if (new Set(files.values()).size > MOST_SHARDS)
    throw invalid('the index names too many files', `at most ${MOST_SHARDS}`);
  return files;
}

const shown = (text: unknown): string => {
  const json = JSON.stringify(text) ?? 'nothing';
  return json.length > 200 ? `${json.slice(0, 200)}…` : json;
};
