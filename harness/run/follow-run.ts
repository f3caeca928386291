/**
 * What the ranks behind rank 0 do of a run: open what it needs, train and answer their share. They write nothing: the record, its lock and its
 * checkpoints are rank 0's, which also says what the run goes on from.
 */

import type { LedRanks } from '../../reference-model/ranks/ranks.js';
import { TrainingInterrupted } from '../../reference-model/training/training-error.js';
import { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedResult } from '../records/run-record.js';
import { identityDifferences } from './alike-ranks.js';
import { openRun } from './open-run.js';
import { announce, nextOrder } from './rank-orders.js';
import { rankProblemOf } from './rank-problem.js';
import type { RunJob, RunSurroundings } from './run-job.js';

/** Does something that all ranks do; where it fails here, the others end with the same error. */
export async function amongRanks<Result>(ranks: LedRanks, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isStop = error instanceof Error && /^(?:TrainingInterrupted|AbortError)$/.test(error.name);
    const isOthers = error instanceof Error && error.name === 'RankError';
    if (isStop && ranks.rank === 0) announce(ranks, { type: 'stopped' });
    else if (!isStop && !isOthers) ranks.fail(rankProblemOf(error));
    throw error;
  }
}

/** Takes part in a run that this process was started for as well. @returns the result that rank 0 writes */
export async function followJob(job: RunJob, surroundings: RunSurroundings, ranks: LedRanks): Promise<RunResult> {
  const order = await nextOrder(ranks);
  if (order.type === 'stopped') throw new TrainingInterrupted(0);
  if (order.type === 'open') {
    const differences = identityDifferences(job.identity, order.job.identity);
    if (differences.length > 0) throw otherRun(differences, order.job);
    let followed: Followed;
    try {
      followed = await followRun(onThisMachine(order.job, job), surroundings, ranks);
    } catch (error) {
      // Launchers end all ranks when one has ended so: not before rank 0 has saved its checkpoint and left the record.
      if (error instanceof Error && error.name === 'TrainingInterrupted') await nextOrder(ranks);
      throw error;
    }
    if (followed === 'stopped') throw new TrainingInterrupted(0);
  }
  const last = order.type === 'open' ? await nextOrder(ranks) : order;
  if (last.type === 'stopped') throw new TrainingInterrupted(0);
  if (last.type !== 'done') throw endedBefore(job);
  const result = readFinishedResult(runPaths(job.store, job.runId));
  if (result === undefined) throw invisible(job);
  return result;
}

/** `stopped`: rank 0 was asked to stop before the training began. */
type Followed = 'trained' | 'stopped';

/** @throws UserError for bad input, `TrainingInterrupted` when any rank was asked to stop, RankError */
export async function followRun(
  job: RunJob,
  { machinery, signal }: Pick<RunSurroundings, 'machinery' | 'signal'>,
  ranks: LedRanks,
): Promise<Followed> {
  const { config } = job.identity;
  const { pretrained, dataSets, data } = await openRun(job, machinery, ranks);
  const order = await nextOrder(ranks);
  if (order.type === 'stopped') return 'stopped';
  if (order.type !== 'run') throw endedBefore(job);
  const { resumeFrom, leftOut } = order;
  const model = await machinery.train({
    config,
    data: dataSets,
    ...(pretrained === undefined ? {} : { pretrained }),
    ranks,
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
    ...(job.place?.allowBroken === undefined ? {} : { allowBroken: job.place.allowBroken }),
    leftOut,
    saveCheckpoint: async () => {},
    onEvent: () => {},
    signal,
  });
  await machinery.predict(model, config, data, { reader: pretrained?.reader, ranks });
  machinery.dispose(model);
  return 'trained';
}

/** The run that rank 0 performs, with files where this rank was told that they lie. */
function onThisMachine(asked: RunJob, own: RunJob): RunJob {
  const { allowBroken: _, ...place } = own.place ?? {};
  const allowBroken = asked.place?.allowBroken;
  return { ...asked, place: { ...place, ...(allowBroken === undefined ? {} : { allowBroken }) } };
}

function otherRun(differences: readonly string[], asked: RunJob): UserError {
  return new UserError({
    code: 'run-failed',
    what: `it was started for another run than rank 0: other ${differences.join('; other ')}`,
    where: `run ${asked.runId}, which rank 0 performs`,
    expected: 'the same run on every rank',
    fix: 'start every rank with the same command, the same files, the same vlm-bench and the same environment',
  });
}

function endedBefore({ runId }: RunJob): UserError {
  return new UserError({
    code: 'run-failed',
    what: 'rank 0 ended before the run had a result',
    where: `run ${runId}`,
    fix: 'see what rank 0 prints, then run the same command again: it goes on from the last checkpoint',
  });
}

function invisible({ store, runId }: RunJob): UserError {
  return new UserError({
    code: 'record-missing',
    what: 'rank 0 has finished the run, but this machine does not see its result',
    where: runPaths(store, runId).folder,
    fix: 'keep the results on a file system that the machines of all ranks share',
  });
}
