/**
 * The checkpoints of a run: folders `step-<n>-<first 16 digits of SHA-256>`, complete when they are visible, the last two kept. The
 * digest in the name covers the index, which holds the digests of all shards, and `event-log.json`, what the event log held then: damage
 * shows before anything is trained on it.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  CheckpointError,
  type CheckpointIndex,
  type CheckpointOwner,
  indexFile,
  readCheckpointIndex,
} from '../../reference-model/checkpoint/checkpoint-folder.js';
import { fillFile } from '../../reference-model/files/atomic-file.js';
import { fillFolderAtomically, removeFolderAtomically } from '../../reference-model/files/atomic-folder.js';
import { writeFully } from '../../reference-model/files/file-bytes.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { readJson } from '../files/read-input.js';
import type { LogState } from './events.js';
import { fileDigest } from './verified-files.js';

const kept = 2;

export interface Checkpoint {
  readonly step: number;
  readonly folder: string;
}

/**
 * @param log what the event log held when the step was done, which the checkpoint is to be resumed with
 * @param write fills an empty folder with a checkpoint of the step
 */
export async function saveCheckpoint(
  checkpoints: string,
  { step, log }: { readonly step: number; readonly log: LogState },
  write: (folder: string) => Promise<void>,
): Promise<Checkpoint> {
  const folder = await fillFolderAtomically(checkpoints, async (temporary) => {
    await write(temporary);
    const state = Buffer.from(`${JSON.stringify(log)}\n`);
    fillFile(logStateFile(temporary), (descriptor) => writeFully(descriptor, state));
    const digest = folderDigest(temporary);
    return `step-${String(step).padStart(7, '0')}-${digest.slice(0, 16)}`;
  });
  for (const old of listCheckpoints(checkpoints).slice(kept)) removeFolderAtomically(old.folder);
  return { step, folder };
}

const logStateFile = (folder: string): string => join(folder, 'event-log.json');

/** Over the index, which holds the digests of the shards, and over the state of the event log. */
const folderDigest = (folder: string): string =>
  sha256([indexFile, logStateFile].map((fileOf) => sha256(readFileSync(fileOf(folder)))).join());

const logStateSchema = z.strictObject({ bytes: z.int(), sha256: z.string() });

/** What the event log held when a checkpoint was saved; call on one that `verifyCheckpoint` has read. */
export function logStateOf({ folder }: Checkpoint): LogState {
  return logStateSchema.parse(readJson(logStateFile(folder)));
}

/** Newest first. Leftovers of interrupted writes are not checkpoints. */
export function listCheckpoints(checkpoints: string): readonly Checkpoint[] {
  let names: readonly string[];
  try {
    names = readdirSync(checkpoints);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const match = /^step-(\d+)-[0-9a-f]{16}$/.exec(name);
      return match ? [{ step: Number(match[1]), folder: join(checkpoints, name) }] : [];
    })
    .sort((left, right) => right.step - left.step);
}

/**
 * Reads every byte of a checkpoint once.
 * @param run that it must belong to
 * @throws UserError `record-corrupt` when the bytes are not those that were written, or are those of another run or step
 */
export function verifyCheckpoint({ folder, step }: Checkpoint, run: string): void {
  const index = intactIndex(folder);
  const foreign = foreignness(index, { run, step });
  if (foreign === undefined) return;
  throw new UserError({
    code: 'record-corrupt',
    what: `the checkpoint is not this run's own: it is that of ${foreign}`,
    where: folder,
    expected: `a checkpoint of run ${run} after step ${step}`,
    fix: 'delete this folder and run again; the run resumes from the checkpoint before it, or from the start',
  });
}

function foreignness(index: CheckpointIndex, { run, step }: CheckpointOwner): string | undefined {
  if (index.run !== run) return `run ${index.run}`;
  return index.step === step ? undefined : `step ${index.step}`;
}

function intactIndex(folder: string): CheckpointIndex {
  const index = readIndex(folder);
  if (
    index !== undefined &&
    existsSync(logStateFile(folder)) &&
    folderDigest(folder).startsWith(digestInName(folder))
  ) {
    const isIntact = Object.entries(index.shards).every(([name, { bytes, sha256: digest }]) => {
      const shard = join(folder, name);
      return existsSync(shard) && statSync(shard).size === bytes && fileDigest(shard) === digest;
    });
    if (isIntact) return index;
  }
  throw new UserError({
    code: 'record-corrupt',
    what: 'the checkpoint is damaged: its bytes do not match their digests',
    where: folder,
    fix: 'delete this folder and run again; the run resumes from the checkpoint before it, or from the start',
  });
}

const digestInName = (folder: string): string => /-([0-9a-f]{16})$/.exec(folder)?.[1] ?? 'none';

function readIndex(folder: string): CheckpointIndex | undefined {
  try {
    return readCheckpointIndex(folder);
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}
