/**
 * A training checkpoint on disk: a folder with the weights (`model-…`) and the optimiser's moments (`optimizer-…`) as safetensors
 * shards, and `index.json`, which says whose it is, where each tensor stands and what the digest of every shard is. It is written and
 * read tensor by tensor.
 */
import { closeSync, constants, copyFileSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fillFile } from '../files/atomic-file.js';
import { writeFully } from '../files/file-bytes.js';
import { readJson } from '../files/read-json.js';
import { namingUnnamed } from '../files/system-errors.js';
import { isShards, isTensorMap, openShards, type Shards, type TensorMap, writeShards } from './shards.js';
import type { TensorSources } from './tensor-file.js';

const FORMAT = 'vlm-bench checkpoint 2';

/** The run that a checkpoint belongs to, and how far that run had come. */
export interface CheckpointOwner {
  readonly run: string;
  /** Optimiser steps done, over all stages. */
  readonly step: number;
}

export interface CheckpointIndex extends CheckpointOwner {
  readonly format: typeof FORMAT;
  /** Updates that the optimiser has made in the current stage. */
  readonly updates: number;
  readonly weights: TensorMap;
  readonly moments: TensorMap;
  readonly shards: Shards;
}

export interface CheckpointContent extends CheckpointOwner, Pick<CheckpointIndex, 'updates'> {
  readonly weights: TensorSources;
  readonly moments: TensorSources;
}

/** A folder that holds no whole checkpoint. */
export class CheckpointError extends Error {
  readonly code = 'checkpoint-damaged';
  readonly folder: string;

  constructor(folder: string, problem: string, options?: ErrorOptions) {
    super(`${folder} holds no whole checkpoint: ${problem}`, options);
    this.name = 'CheckpointError';
    this.folder = folder;
  }
}

/** The file of a checkpoint that decides what it is: its digest covers the digests of all others. */
export const indexFile = (folder: string): string => join(folder, 'index.json');

/** Fills an existing, empty folder; every file is forced to disk. */
export function writeCheckpoint(
  folder: string,
  { run, step, updates, weights, moments }: CheckpointContent,
  options: { readonly shardBytes?: number } = {},
): void {
  const model = writeShards(folder, 'model', weights, options);
  const optimizer = writeShards(folder, 'optimizer', moments, options);
  const shards = { ...model.shards, ...optimizer.shards };
  writeIndex(folder, { format: FORMAT, run, step, updates, weights: model.map, moments: optimizer.map, shards });
}

function writeIndex(folder: string, index: CheckpointIndex): void {
  const bytes = Buffer.from(`${JSON.stringify(index, null, 2)}\n`);
  fillFile(indexFile(folder), (descriptor) => writeFully(descriptor, bytes));
}

/** @throws CheckpointError when there is no index, or it is not one */
export function readCheckpointIndex(folder: string): CheckpointIndex {
  let content: unknown;
  try {
    content = readJson(indexFile(folder));
  } catch (cause) {
    throw new CheckpointError(folder, 'its index cannot be read.', { cause });
  }
  const index = Object(content) as CheckpointIndex;
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  const isWhole =
    index.format === FORMAT &&
    typeof index.run === 'string' &&
    isCount(index.step) &&
    isCount(index.updates) &&
    isTensorMap(index.weights) &&
    isTensorMap(index.moments) &&
    isShards(index.shards);
  if (!isWhole) throw new CheckpointError(folder, 'its index is not that of a training checkpoint.');
  return index;
}

/** The tensors of a checkpoint, none of them read yet. @throws CheckpointError, SafetensorsError */
export function openCheckpoint(folder: string): CheckpointContent {
  const { run, step, updates, weights, moments } = readCheckpointIndex(folder);
  return { run, step, updates, weights: openShards(folder, weights), moments: openShards(folder, moments) };
}

/** Copies a checkpoint into an existing, empty folder, as that of another run which has the same steps; every file is forced to disk. */
export function copyCheckpoint(from: string, to: string, run: string): void {
  const index = readCheckpointIndex(from);
  for (const name of Object.keys(index.shards)) {
    // A file system that can shares the blocks.
    copyFileSync(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
    const descriptor = openSync(join(to, name), 'r+');
    try {
      namingUnnamed(join(to, name), () => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }
  writeIndex(to, { ...index, run });
}
