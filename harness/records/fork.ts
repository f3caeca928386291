/**
 * Begins a run with the first steps of a finished one that has the same: their events and their last checkpoint are copied into the
 * new record, which then resumes like any other. The bits are those of a run that trained these steps itself.
 */

import { copyCheckpoint } from '../../reference-model/checkpoint/checkpoint-folder.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { type Checkpoint, listCheckpoints, saveCheckpoint, verifyCheckpoint } from './checkpoints.js';
import { type RecordedEvent, readEvents } from './events.js';
import { type RunIdentity, runIdOf } from './run-identity.js';
import { type RunPaths, runPaths } from './run-paths.js';
import { readFinishedRun } from './run-record.js';

/** The run to copy from, and how many steps it has. */
export interface ForkPoint {
  readonly runId: string;
  readonly step: number;
}

export interface ForkSurroundings {
  /** The store of both records. */
  readonly store: string;
  /** Of the new run. */
  readonly identity: RunIdentity;
  /** What the data of a run with this configuration must be. */
  readonly dataFingerprintOf: (config: RunConfig) => string;
}

/**
 * Call only while holding the run's lock, on a record that `beginRun` found nothing in to go on from. Killed at any byte, the
 * next `beginRun` finds nothing again, or everything.
 *
 * @throws UserError `record-missing` or `record-corrupt` for the finished run, `run-failed` when it does not begin like the new one
 */
export async function forkRun(
  paths: RunPaths,
  { runId, step }: ForkPoint,
  { store, identity, dataFingerprintOf }: ForkSurroundings,
): Promise<Checkpoint> {
  const shared = readFinishedRun(store, runId);
  const isSame =
    shared.identity.codeVersion === identity.codeVersion &&
    shared.identity.engineNumerics === identity.engineNumerics &&
    shared.identity.weights === identity.weights &&
    shared.identity.dataFingerprint === dataFingerprintOf(shared.identity.config) &&
    shared.result.steps === step &&
    beginsWith(identity.config, shared.identity.config);
  if (!isSame) {
    throw new UserError({
      code: 'run-failed',
      what: `the run does not begin with the stages of run ${runId}`,
      where: paths.folder,
      expected: 'the same code, engine, data, model, seed and first stages',
      fix: 'report this; a run is only ever planned to begin with stages that are its own',
    });
  }
  const last = lastCheckpoint(runPaths(store, runId), { runId, step });
  const totalSteps = identity.config.recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
  const copied = shared.events.flatMap((event): readonly RecordedEvent[] => {
    if (event.type === 'step') return [{ ...event, totalSteps }];
    return ['validation', 'checkpoint', 'image-left-out'].includes(event.type) ? [event] : [];
  });
  const events: readonly RecordedEvent[] = [
    { type: 'forked', runId, step, time: Date.now() },
    ...copied,
    // Sessions that ended before their first checkpoint.
    ...readEvents(paths.events),
  ];
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  // In this order: a checkpoint promises that everything before it is on disk.
  writeFileAtomically(paths.events, text);
  const log = { bytes: Buffer.byteLength(text), sha256: sha256(text) };
  return saveCheckpoint(paths.checkpoints, { step, log }, async (folder) =>
    copyCheckpoint(last.folder, folder, runIdOf(identity)),
  );
}

/** Whether a run trains, from its first step on, what the other one trains from its first step to its last. */
export function beginsWith(config: RunConfig, first: RunConfig): boolean {
  const beginning = ({ tokenizer, model, seed, data, recipe }: RunConfig) =>
    canonicalJson({
      ...(tokenizer === undefined ? {} : { tokenizer }),
      model,
      seed,
      recipe: {
        ...recipe,
        stages: recipe.stages
          .slice(0, first.recipe.stages.length)
          .map((stage) => ({ ...stage, data: stage.data ?? data.name })),
      },
    });
  return beginning(config) === beginning(first);
}

function lastCheckpoint({ folder, checkpoints }: RunPaths, { runId, step }: ForkPoint): Checkpoint {
  try {
    const checkpoint = listCheckpoints(checkpoints).find((candidate) => candidate.step === step);
    if (checkpoint !== undefined) {
      verifyCheckpoint(checkpoint, runId);
      return checkpoint;
    }
  } catch (cause) {
    throw unusable('damaged', folder, step, { cause });
  }
  throw unusable('missing', folder, step);
}

function unusable(state: 'damaged' | 'missing', folder: string, step: number, options?: ErrorOptions): UserError {
  return new UserError(
    {
      code: 'record-corrupt',
      what: `the checkpoint after step ${step} of the shared stages is ${state}`,
      where: folder,
      fix: 'delete this folder and run again; the shared stages will be trained anew',
    },
    options,
  );
}
