/**
 * One run, from its job to its result: lock the record, load, train, predict, score, write the result. It reads top to bottom.
 * A finished record is read back instead; an unfinished one is resumed. Killed at any byte, the next attempt ends with the same bits.
 */

import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { ALONE, type Ranks } from '../../reference-model/ranks/ranks.js';
import { UserError } from '../errors.js';
import { convergenceMeasures } from '../measures/convergence.js';
import type { Scores } from '../measures/measures.js';
import { validationAreas } from '../measures/validation-area.js';
import { saveCheckpoint } from '../records/checkpoints.js';
import {
  type EventLog,
  leftOutImagesOf,
  openEventLog,
  type RecordedEvent,
  readEvents,
  requireLogState,
} from '../records/events.js';
import { forkRun } from '../records/fork.js';
import { waitForLock } from '../records/lock.js';
import { predictionsText } from '../records/predictions.js';
import { closeRecord } from '../records/record-digests.js';
import { recordReader } from '../records/recorded-reader.js';
import type { RunResult } from '../records/result.js';
import { runPaths } from '../records/run-paths.js';
import { beginRun, readFinishedResult } from '../records/run-record.js';
import { scorePredictions } from '../score/score-predictions.js';
import { exampleImages } from './example-images.js';
import { amongRanks, followJob } from './follow-run.js';
import { dataFingerprintOf } from './load-data-sets.js';
import { openRun } from './open-run.js';
import { announce, type RankOrder, type TrainingStart } from './rank-orders.js';
import type { RunJob, RunSurroundings } from './run-job.js';

/**
 * Performs a run in this process, or this process's share of one that several ranks perform together.
 * @throws UserError for bad input, `TrainingInterrupted` of the trainer when the signal aborts, on whichever rank, RankError for another rank
 */
export async function performRun(job: RunJob, surroundings: RunSurroundings): Promise<RunResult> {
  const ranks = await surroundings.machinery.joinRanks?.(job.engine, surroundings.signal);
  if (ranks === undefined) return leadRun(job, surroundings, ALONE, () => {});
  return amongRanks(ranks, async () => {
    if (ranks.rank > 0) return followJob(job, surroundings, ranks);
    const result = await leadRun(job, surroundings, ranks, (order) => announce(ranks, order));
    announce(ranks, { type: 'done', runId: job.runId });
    return result;
  });
}

/** @param tell called when the other ranks are to open what the run needs, and when the training begins */
async function leadRun(
  job: RunJob,
  { machinery, onProgress, signal }: RunSurroundings,
  ranks: Ranks,
  tell: (order: RankOrder) => void,
): Promise<RunResult> {
  const paths = runPaths(job.store, job.runId);
  const lock = await waitForLock(paths.lock, {
    signal,
    onWait: ({ host, pid }) => onProgress({ type: 'waiting', heldBy: `process ${pid} on ${host}`, lock: paths.lock }),
  });
  let lookedAt = Number.NEGATIVE_INFINITY;
  const requireLock = (every = 0) => {
    // Of a machine that slept, only this clock says so.
    const passed = Math.abs(Date.now() - lookedAt);
    if (passed < every) return;
    lookedAt = Date.now();
    if (!lock.isHeld()) throw takenOver(job.runId, paths.lock);
  };
  let log: EventLog | undefined;
  try {
    const finished = readFinishedResult(paths);
    if (finished !== undefined) return finished;

    const { config } = job.identity;
    tell({ type: 'open', job });
    const { engine, pretrained, dataSets, data } = await openRun(job, machinery, ranks);

    requireLock();
    let resumePoint = beginRun(paths, job.identity, job.provenance);
    if (resumePoint !== undefined) onProgress({ type: 'resuming', step: resumePoint.step });
    else if (job.forkFrom !== undefined) {
      onProgress({ type: 'forking', step: job.forkFrom.step });
      resumePoint = await forkRun(paths, job.forkFrom, {
        store: job.store,
        identity: job.identity,
        dataFingerprintOf: (shared) => dataFingerprintOf(shared, dataSets),
      });
    }
    const events = openEventLog(paths.events);
    log = events;
    const { devices } = engine;
    events.append({ type: 'session-started', resumedFromStep: resumePoint?.step ?? 0, jobs: job.jobs, devices });

    const start: TrainingStart = {
      ...(resumePoint === undefined ? {} : { resumeFrom: resumePoint.folder }),
      leftOut: leftOutImagesOf(readEvents(paths.events)),
    };
    tell({ type: 'run', ...start });
    const model = await machinery.train({
      config,
      data: dataSets,
      ...(pretrained === undefined ? {} : { pretrained }),
      ranks,
      ...start,
      ...(job.place?.allowBroken === undefined ? {} : { allowBroken: job.place.allowBroken }),
      saveCheckpoint: async (step, write) => {
        requireLock();
        // A checkpoint promises that everything before it is on disk.
        const log = events.sync();
        await saveCheckpoint(paths.checkpoints, { step, log }, (folder) => write(folder, job.runId));
      },
      onEvent: (event) => {
        // Steps may be much shorter than a look at the file system.
        requireLock(1000);
        events.append(event);
        onProgress(event);
      },
      signal,
    });
    requireLock();
    events.append({ type: 'training-finished' });

    onProgress({ type: 'evaluating' });
    const weights = await machinery.saveWeights(model, paths.folder);
    recordReader(paths, config, { data: dataSets, reading: pretrained?.reading });
    const { scores, predictions, constantCaptions } = scorePredictions(
      await machinery.predict(model, config, data, { reader: pretrained?.reader, ranks }),
      { config, dataSets },
    );
    machinery.dispose(model);
    requireLock();
    const predictionsFile = predictionsText(predictions);
    writeFileAtomically(paths.predictions, predictionsFile);
    writeFileAtomically(paths.examples, JSON.stringify(await exampleImages(config, data, job.store)));
    events.append({ type: 'finished', peakMemoryBytes: process.resourceUsage().maxRSS * 1024 });
    requireLogState(paths.events, events.sync());

    const recorded = readEvents(paths.events);
    const training = summariseTraining(recorded, paths.events);
    const result: RunResult = {
      schemaVersion: 2,
      runId: job.runId,
      scores: requireFinite({
        ...scores,
        ...training.validation,
        ...convergenceMeasures(recorded, config),
        ...validationAreas(recorded, config),
      }),
      ...(constantCaptions === undefined ? {} : { constantCaptions }),
      steps: training.steps,
      tokens: training.tokens,
      parameters: weights.parameters,
      weights: weights.digest,
      predictions: sha256(predictionsFile),
    };
    requireLock();
    closeRecord(paths, result);
    return result;
  } catch (error) {
    // What fails then fails because another one works on the same files.
    throw lock.isHeld() ? error : takenOver(job.runId, paths.lock, error);
  } finally {
    log?.close();
    lock.release();
  }
}

function takenOver(runId: string, lock: string, cause?: unknown): UserError {
  return new UserError(
    {
      code: 'run-failed',
      what: 'another machine took the run over, as it had seen no sign of life of this one',
      where: `run ${runId}, claims in ${lock}`,
      fix: 'let the other one finish; if machines are often suspended for minutes, do not let two of them work on one store',
    },
    cause === undefined ? {} : { cause },
  );
}

/** Steps, tokens and the validation losses after the last step, if there are any, taken from the events of all sessions together. */
function summariseTraining(events: readonly RecordedEvent[], file: string): Summary {
  let steps = 0;
  let tokens = 0;
  let validation: Summary['validation'] = {};
  for (const event of events) {
    if (event.type === 'step') {
      if (event.step !== steps + 1) throw missingStep(steps + 1, file);
      steps = event.step;
      tokens += event.tokens;
      validation = {};
    } else if (event.type === 'validation') {
      const signature = 'mean cross-entropy per answer token in nats, at the last validation';
      validation = Object.fromEntries(
        // JSON has no NaN and no infinity; the log holds null for both.
        Object.entries(event.loss).map(([source, loss]) => {
          const value: number | null = loss;
          return [`validation-loss/${source}`, { value: value ?? Number.NaN, signature }];
        }),
      );
    }
  }
  return { steps, tokens, validation };
}

function requireFinite(scores: Scores): Scores {
  for (const [measure, { value }] of Object.entries(scores)) {
    if (Number.isFinite(value)) continue;
    throw new UserError({
      code: 'score-invalid',
      what: `the score ${measure} is ${value}`,
      expected: 'a finite number',
      fix: 'lower the learning rates: a training that diverges ends in weights that are not numbers',
    });
  }
  return scores;
}

interface Summary {
  readonly steps: number;
  readonly tokens: number;
  readonly validation: Scores;
}

function missingStep(step: number, file: string): UserError {
  return new UserError({
    code: 'record-corrupt',
    what: `the event log lacks step ${step}`,
    where: file,
    fix: 'delete the folder of this run and run again; it will be trained anew',
  });
}
