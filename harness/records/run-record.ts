/**
 * The record of one run, `<store>/runs/<run-id>/`: where its files are, how it is begun or resumed, and how it is read back.
 * A record without `result.json` is unfinished and may be resumed; with it, it is complete and is only ever read.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readWeightShards, weightsIn } from '../../reference-model/checkpoint/trained-weights.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { removeLeftovers } from '../../reference-model/files/atomic-folder.js';
import { UserError } from '../errors.js';
import { readJson } from '../files/read-input.js';
import { runConfigSchema } from '../suite/run-config-schema.js';
import { type Checkpoint, listCheckpoints, logStateOf, verifyCheckpoint } from './checkpoints.js';
import { lastRecordedStep, type RecordedEvent, readEvents, requireLogState, rewindEvents } from './events.js';
import { type ExampleImage, exampleImagesSchema } from './example-images.js';
import { type Prediction, readPredictions } from './predictions.js';
import { type Provenance, provenanceSchema } from './provenance.js';
import { requireSealed } from './record-digests.js';
import { type RunResult, readResult } from './result.js';
import { type RunIdentity, runIdOf } from './run-identity.js';
import { type RunPaths, runPaths, runPathsIn } from './run-paths.js';
import { requireDigest } from './verified-files.js';

const identitySchema = z.strictObject({
  config: runConfigSchema,
  dataFingerprint: z.string(),
  weights: z.string().exactOptional(),
  codeVersion: z.string(),
  engineNumerics: z.string(),
});

/**
 * Prepares a record for training, new or begun earlier: states its identity and provenance, and cuts its events back to the
 * newest checkpoint. Call only while holding the run's lock.
 *
 * @returns what the run goes on from, verified; nothing when it starts
 * @throws UserError `record-corrupt` when the checkpoint or the event log is damaged, or the checkpoint is another run's
 */
export function beginRun(paths: RunPaths, identity: RunIdentity, provenance: Provenance): Checkpoint | undefined {
  mkdirSync(paths.checkpoints, { recursive: true });
  removeLeftovers(paths.folder);
  removeLeftovers(paths.checkpoints);
  writeFileAtomically(paths.config, `${JSON.stringify({ ...identity }, null, 2)}\n`);
  writeFileAtomically(paths.provenance, `${JSON.stringify(provenance, null, 2)}\n`);
  const recorded = lastRecordedStep(readEvents(paths.events));
  // Events are forced to disk before their checkpoint, so this holds for every checkpoint unless somebody edited the log.
  const checkpoint = listCheckpoints(paths.checkpoints).find(({ step }) => step <= recorded);
  if (checkpoint !== undefined) {
    verifyCheckpoint(checkpoint, runIdOf(identity));
    requireLogState(paths.events, logStateOf(checkpoint));
  }
  if (existsSync(paths.events)) rewindEvents(paths.events, checkpoint?.step ?? 0);
  return checkpoint;
}

/**
 * The result of a run that is complete, checked against the files it speaks of; undefined if the run has yet to finish.
 * @throws UserError `record-corrupt` when any of them was changed or is missing
 */
export function readFinishedResult(paths: RunPaths): RunResult | undefined {
  const result = readResult(paths.result);
  if (result === undefined) return undefined;
  requireWeights(paths, result.weights);
  requireDigest(paths.predictions, result.predictions);
  requireSealed(paths, result);
  return result;
}

/** What a complete record holds but what the model said, which is the larger part and is often not needed. */
export interface FinishedTraining {
  readonly identity: RunIdentity;
  readonly provenance: Provenance;
  readonly events: readonly RecordedEvent[];
  readonly result: RunResult;
}

/** What the model said, and the first images that it said it about. */
export interface RecordedAnswers {
  readonly predictions: readonly Prediction[];
  readonly examples: readonly ExampleImage[];
}

export interface FinishedRun extends FinishedTraining, RecordedAnswers {}

/**
 * Everything a complete record holds.
 * @throws UserError `record-missing` when the run has not finished, `record-corrupt` when the record is damaged
 */
export function readFinishedRun(store: string, runId: string): FinishedRun {
  return { ...readFinishedTraining(store, runId), ...readRecordedAnswers(store, runId) };
}

/**
 * As `readFinishedRun`, with the predictions checked against the result and not read.
 * @throws UserError as `readFinishedRun`
 */
export function readFinishedTraining(store: string, runId: string): FinishedTraining {
  const paths = runPaths(store, runId);
  const result = readFinishedResult(paths);
  if (result === undefined) {
    throw new UserError({
      code: 'record-missing',
      what: `run ${runId} has no result`,
      where: paths.folder,
      fix: 'run the command that trains it again; it resumes where it stopped',
    });
  }
  return requireRun(readTraining(paths, result), runId, paths);
}

/** @throws UserError `record-corrupt` when a file is missing or damaged */
export function readRecordedAnswers(store: string, runId: string): RecordedAnswers {
  return readAnswers(runPaths(store, runId));
}

function readAnswers({ folder, predictions, examples }: RunPaths): RecordedAnswers {
  const store = resolve(folder, '../..');
  const recorded = readRecorded(examples, exampleImagesSchema);
  return { predictions: readPredictions(predictions), examples: recorded.map((example) => ({ ...example, store })) };
}

/**
 * As `readFinishedRun`, for a record that lies anywhere, with the path of its weights.
 * @throws UserError `record-missing` when the folder holds no finished run, `record-corrupt` when the record is damaged
 */
export function readFinishedRunIn(folder: string): FinishedRun & { readonly weights: string } {
  const paths = runPathsIn(folder);
  const result = readFinishedResult(paths);
  if (result === undefined) {
    throw new UserError({
      code: 'record-missing',
      what: 'there is no finished run here',
      where: folder,
      expected: 'the folder of a run: <results>/runs/<run id>, with result.json in it',
      fix: 'name the folder of a finished run, or finish this one by the command that trains it',
    });
  }
  const training = requireRun(readTraining(paths, result), result.runId, paths);
  return { ...training, ...readAnswers(paths), weights: weightsIn(folder).path };
}

function readTraining(paths: RunPaths, result: RunResult): FinishedTraining {
  const identity = readRecorded(paths.config, identitySchema) as RunIdentity;
  const events = readEvents(paths.events);
  if (lastRecordedStep(events) !== result.steps || !events.some(({ type }) => type === 'finished')) {
    throw new UserError({
      code: 'record-corrupt',
      what: 'the event log is incomplete',
      where: paths.events,
      expected: `steps 1 to ${result.steps} and the end of the run`,
      fix: 'restore the file, or delete the folder of this run and run again; it will be trained anew',
    });
  }
  return {
    identity,
    provenance: readRecorded(paths.provenance, provenanceSchema),
    events,
    result,
  };
}

function requireRun(run: FinishedTraining, runId: string, { config }: RunPaths): FinishedTraining {
  if (runIdOf(run.identity) === runId && run.result.runId === runId) return run;
  throw new UserError({
    code: 'record-corrupt',
    what: 'the configuration of this record is not the one that it was run with',
    where: config,
    expected: `a configuration whose hash is ${runId}`,
    fix: 'restore the file, or delete the folder of this run and run again',
  });
}

function readRecorded<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  try {
    return schema.parse(readJson(file));
  } catch (cause) {
    const fix = 'restore the file, or delete the folder of this run and run again';
    throw new UserError(
      { code: 'record-corrupt', what: 'the file is missing or damaged', where: file, fix },
      { cause },
    );
  }
}

/** The one file, or every shard through the digests in the index. */
function requireWeights({ folder }: RunPaths, digest: string): void {
  const { path, digested, isSharded } = weightsIn(folder);
  requireDigest(digested, digest);
  if (!isSharded) return;
  for (const [name, shard] of Object.entries(readWeightShards(digested))) requireDigest(join(path, name), shard.sha256);
}
