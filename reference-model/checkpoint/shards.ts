/**
 * Tensors split over several safetensors files, none much larger than a limit, under the names that Hugging Face gives them
 * (`model-00001-of-00003.safetensors`), and the index that says which tensor stands where, how large each file is and what its digest.
 */
import { join } from 'node:path';
import { fillFile } from '../files/atomic-file.js';
import { BYTES_PER_VALUE, byName, sizeOf, type TensorShape } from './safetensors-header.js';
import { openTensors, type TensorSource, type TensorSources, type WrittenFile, writeTensors } from './tensor-file.js';

/** Bytes of tensors in one file; a larger tensor has a file of its own. */
export const DEFAULT_SHARD_BYTES = 2 ** 30;

/** Where each tensor stands; the fields are those of a `model.safetensors.index.json`. */
export interface TensorMap {
  readonly metadata: { readonly total_size: number };
  /** File of each tensor. */
  readonly weight_map: Readonly<Record<string, string>>;
}

/** Size and digest of every file, by name. */
export type Shards = Readonly<Record<string, WrittenFile>>;

export interface WrittenShards {
  readonly map: TensorMap;
  readonly shards: Shards;
}

export const bytesOf = ({ shape, dtype }: TensorShape): number => sizeOf(shape) * BYTES_PER_VALUE[dtype];

/** Tensors in order of name, filled into as few files as their order allows. */
function planShards(tensors: TensorSources, shardBytes: number): readonly (readonly [string, TensorSource][])[] {
  const shards: [string, TensorSource][][] = [];
  let room = 0;
  for (const entry of [...tensors].sort(([a], [b]) => byName(a, b))) {
    const size = bytesOf(entry[1]);
    if (shards.length === 0 || size > room) {
      shards.push([]);
      room = shardBytes;
    }
    shards.at(-1)!.push(entry);
    room -= size;
  }
  return shards;
}

/** Tensors that one file is to hold. */
interface PlannedShard {
  readonly file: string;
  readonly tensors: TensorSources;
}

interface ShardOptions {
  readonly shardBytes?: number;
}

/** The files `<stem>-….safetensors`, none of them written; without tensors there are none. */
export function planShardFiles(
  stem: string,
  tensors: TensorSources,
  { shardBytes = DEFAULT_SHARD_BYTES }: ShardOptions = {},
): { readonly files: readonly PlannedShard[]; readonly map: TensorMap } {
  const plan = planShards(tensors, shardBytes);
  const digits = (number: number): string => String(number).padStart(5, '0');
  const files = plan.map((entries, index) => {
    const file = `${stem}-${digits(index + 1)}-of-${digits(plan.length)}.safetensors`;
    return { file, tensors: new Map(entries) };
  });
  const places = files.flatMap(({ file, tensors: own }) => [...own.keys()].map((name) => [name, file] as const));
  const totalSize = [...tensors.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  return { files, map: { metadata: { total_size: totalSize }, weight_map: Object.fromEntries(places) } };
}

/** Writes the files into an existing folder, forced to disk. */
export function writeShards(
  folder: string,
  stem: string,
  tensors: TensorSources,
  { metadata = {}, ...options }: ShardOptions & { readonly metadata?: Readonly<Record<string, string>> } = {},
): WrittenShards {
  const { files, map } = planShardFiles(stem, tensors, options);
  const shards: Record<string, WrittenFile> = {};
  for (const { file, tensors: own } of files) {
    shards[file] = fillFile(join(folder, file), (descriptor) => writeTensors(descriptor, own, metadata));
  }
  return { map, shards };
}

/**
 * The tensors of a map, none of them read yet.
 * @throws SafetensorsError for a damaged file, RangeError when a file lacks one of its tensors
 */
export function openShards(folder: string, { weight_map }: TensorMap): TensorSources {
  const opened = new Map<string, TensorSources>();
  return new Map(
    Object.entries(weight_map).map(([name, file]) => {
      const tensors = opened.get(file) ?? openTensors(join(folder, file));
      opened.set(file, tensors);
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new RangeError(`${join(folder, file)} has no tensor "${name}".`);
      return [name, tensor] as const;
    }),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names become paths: nothing but what `writeShards` writes is let through. */
const isShardName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z]+-\d{5}-of-\d{5}\.safetensors$/.test(name);

export function isTensorMap(value: unknown): value is TensorMap {
  if (!isRecord(value) || !isRecord(value.weight_map) || !isRecord(value.metadata)) return false;
  return Number.isSafeInteger(value.metadata.total_size) && Object.values(value.weight_map).every(isShardName);
}

export function isShards(value: unknown): value is Shards {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(
    ([name, file]) =>
      isShardName(name) &&
      isRecord(file) &&
      Number.isSafeInteger(file.bytes) &&
      /^[0-9a-f]{64}$/.test(`${file.sha256}`),
  );
}
