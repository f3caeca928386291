/**
 * The checkpoints of a run: `step-<n>-<first 16 digits of SHA-256>.safetensors`, written atomically, the last two kept. The
 * digest in the name makes silent damage visible before anything is trained on it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';

const kept = 2;

export interface Checkpoint {
  readonly step: number;
  readonly file: string;
}

export function saveCheckpoint(folder: string, { bytes, step }: { bytes: Uint8Array; step: number }): void {
  mkdirSync(folder, { recursive: true });
  const name = `step-${String(step).padStart(7, '0')}-${sha256(bytes).slice(0, 16)}.safetensors`;
  writeFileAtomically(join(folder, name), bytes);
  for (const { file } of listCheckpoints(folder).slice(kept)) rmSync(file, { force: true });
}

/** Newest first. Leftovers of interrupted writes are not checkpoints. */
export function listCheckpoints(folder: string): readonly Checkpoint[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const match = /^step-(\d+)-[0-9a-f]{16}\.safetensors$/.exec(name);
      return match ? [{ step: Number(match[1]), file: join(folder, name) }] : [];
    })
    .sort((left, right) => right.step - left.step);
}

/** @throws UserError `record-corrupt` when the bytes are not those that were written */
export function readCheckpoint({ file }: Checkpoint): Uint8Array {
  const bytes = readFileSync(file);
  const digest = /-([0-9a-f]{16})\.safetensors$/.exec(file)?.[1];
  if (sha256(bytes).slice(0, 16) === digest) return bytes;
  throw new UserError({
    code: 'record-corrupt',
    what: 'the checkpoint is damaged: its bytes do not match the digest in its name',
    where: file,
    fix: 'delete this file and run again; the run resumes from the checkpoint before it, or from the start',
  });
}
