/**
 * The final weights of a model under Hugging Face names: one file `weights.safetensors`, or, where they exceed one shard, a folder
 * `weights/` of shards with an index. Equal weights give equal bytes.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fillFile, fillFileAtomically } from '../files/atomic-file.js';
import { fillFolderAtomically } from '../files/atomic-folder.js';
import { writeFully } from '../files/file-bytes.js';
import { sha256 } from '../files/hashing.js';
import { readJson } from '../files/read-json.js';
import type { Model } from '../model/model.js';
import { loadParameterSources, parameterSources } from './load-parameters.js';
import { sizeOf } from './safetensors-header.js';
import { bytesOf, DEFAULT_SHARD_BYTES, isShards, isTensorMap, openShards, type Shards, writeShards } from './shards.js';
import { openTensors, type TensorSources, writeTensors } from './tensor-file.js';

const METADATA = { format: 'vlm-bench weights 1' };
const FILE = 'weights.safetensors';
const FOLDER = 'weights';
const INDEX = 'model.safetensors.index.json';

export interface SavedWeights {
  /** SHA-256 of the file, or of the index, which holds the digest of every shard. */
  readonly digest: string;
  /** Number of weights over all tensors. */
  readonly parameters: number;
}

/** A file that is hashed to know that weights are unchanged, and whether it is all. */
export interface WeightsFile {
  /** The file, or the folder of shards. */
  readonly path: string;
  /** What `SavedWeights.digest` is the digest of. */
  readonly digested: string;
  readonly isSharded: boolean;
}

/** Where the weights of a record lie; the single file's place when there are none. */
export function weightsIn(record: string): WeightsFile {
  const folder = join(record, FOLDER);
  const index = join(folder, INDEX);
  if (existsSync(index)) return { path: folder, digested: index, isSharded: true };
  const file = join(record, FILE);
  return { path: file, digested: file, isSharded: false };
}

/**
 * Writes tensors into the folder of a record, each fetched when it is written; seen complete or not at all.
 * @param shardBytes up to which everything is one file
 * @public Tests write small records with it, through the compiled package.
 */
export async function saveTensors(
  tensors: TensorSources,
  record: string,
  { shardBytes = DEFAULT_SHARD_BYTES }: { readonly shardBytes?: number } = {},
): Promise<SavedWeights> {
  const all = [...tensors.values()];
  const parameters = all.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (all.reduce((sum, tensor) => sum + bytesOf(tensor), 0) <= shardBytes) {
    const write = (descriptor: number) => writeTensors(descriptor, tensors, METADATA);
    return { digest: fillFileAtomically(join(record, FILE), write).sha256, parameters };
  }
  let digest = '';
  await fillFolderAtomically(record, async (temporary) => {
    const { map, shards } = writeShards(temporary, 'model', tensors, { shardBytes, metadata: METADATA });
    const index = `${JSON.stringify({ ...map, shards }, null, 2)}\n`;
    digest = sha256(index);
    fillFile(join(temporary, INDEX), (descriptor) => writeFully(descriptor, Buffer.from(index)));
    return FOLDER;
  });
  return { digest, parameters };
}

/** Writes a model's weights into the folder of a record; see `saveTensors`. */
export function saveWeights(
  { parameters }: Model,
  record: string,
  options: { readonly shardBytes?: number } = {},
): Promise<SavedWeights> {
  return saveTensors(parameterSources(parameters), record, options);
}

/** Size and digest of every shard, from an index of sharded weights. @throws InputError, or TypeError when it is not one */
export function readWeightShards(index: string): Shards {
  return readWeightsIndex(index).shards;
}

function readWeightsIndex(file: string) {
  const index = readJson(file);
  const { shards } = Object(index) as { readonly shards?: unknown };
  if (!isTensorMap(index) || !isShards(shards)) throw new TypeError(`${file} is not an index of sharded weights.`);
  return { map: index, shards };
}

/**
 * Overwrites a model's weights with saved ones, one tensor in memory at a time.
 *
 * @param path the file, or the folder of shards
 * @throws ParameterMismatchError, before anything is overwritten; SafetensorsError
 */
export function loadWeights(model: Model, path: string): void {
  loadParameterSources(model, openWeights(path), path);
}

/**
 * Saved weights, none of them read yet.
 *
 * @param path the file, or the folder of shards
 * @throws SafetensorsError
 */
export function openWeights(path: string): TensorSources {
  return statSync(path).isDirectory() ? openShards(path, readWeightsIndex(join(path, INDEX)).map) : openTensors(path);
}
