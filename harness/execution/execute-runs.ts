/**
 * Executes planned runs by an executor, a given number at a time. Runs that have a result are read back and not
 * started, nor are shared stages whose every fork has one. After a failure or a stop request nothing new is started; what has
 * finished stays recorded, so that the same command goes on where this one ended.
 */
import { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedResult } from '../records/run-record.js';
import type { RunProgress } from '../run/run-job.js';
import type { Executor, Handover, QueueState, RunOutcome, TitledRun } from './executor.js';
import { type Interruption, interruptedExitCode, type StopSignal } from './interruption.js';

export interface TitledJob extends TitledRun {
  /** Index of the job that must be done first, earlier in the list; that one is executed only if such a job needs it. */
  readonly after?: number;
}

export type ExecutionEvent =
  | { readonly type: 'from-record' | 'started' | 'done' | 'stopped' | 'failed' }
  | QueueState
  /** `at` in milliseconds since 1970, where that is not now. */
  | { readonly type: 'progress'; readonly progress: RunProgress; readonly at?: number };

export interface ExecutionOptions {
  /** Closed when the runs have ended. */
  readonly executor: Executor;
  /** Runs at the same time; a scheduler decides that itself. */
  readonly jobs: number;
  readonly interruption: Interruption;
  /** Called with the index of the run. */
  readonly onEvent?: (index: number, event: ExecutionEvent) => void;
}

/**
 * The results, in the order of the jobs; none for shared stages that no unfinished run needs.
 * @throws UserError `run-failed` (the first failure) or `run-interrupted` (exit code 130 or 143)
 */
export async function executeRuns(
  titledJobs: readonly TitledJob[],
  { executor, jobs, interruption, onEvent = () => {} }: ExecutionOptions,
): Promise<readonly (RunResult | undefined)[]> {
  const outcomes: (RunOutcome | undefined)[] = titledJobs.map(({ job }, index) => {
    const result = readFinishedResult(runPaths(job.store, job.runId));
    if (result === undefined) return undefined;
    onEvent(index, { type: 'from-record' });
    return { type: 'done', result, fromRecord: true };
  });
  const needed = neededJobs(titledJobs, (index) => outcomes[index] !== undefined);
  const waiting = [...needed].filter((index) => outcomes[index] === undefined);
  const running = new Set<Promise<void>>();
  const { handover } = executor;
  const places = handover === undefined ? jobs : Number.POSITIVE_INFINITY;
  let failed = false;

  const isReady = (index: number): boolean => {
    const { after } = titledJobs[index]!;
    return after === undefined || outcomes[after]?.type === 'done';
  };
  const execute = async (index: number): Promise<void> => {
    const { title, job } = titledJobs[index]!;
    if (handover === undefined) onEvent(index, { type: 'started' });
    const outcome = await executor.perform({
      job,
      title,
      onProgress: (progress, at) => onEvent(index, { type: 'progress', progress, ...(at === undefined ? {} : { at }) }),
      onQueueState: (state) => onEvent(index, state),
    });
    outcomes[index] = outcome;
    if (outcome.type === 'failed') failed = true;
    onEvent(index, { type: outcome.type === 'interrupted' ? 'stopped' : outcome.type });
  };
  try {
    if (waiting.length > 0) await handover?.submit(waiting.map((index) => titledJobs[index]!));
    for (;;) {
      // What a scheduler has goes on whatever becomes of other runs.
      while (running.size < places && !(failed && handover === undefined) && !interruption.stop.aborted) {
        const next = waiting.findIndex(isReady);
        if (next < 0) break;
        const [index] = waiting.splice(next, 1);
        const run = execute(index!).finally(() => running.delete(run));
        running.add(run);
      }
      if (running.size === 0) break;
      await Promise.race(running);
    }
  } finally {
    await executor.close();
  }
  return resultsOf(outcomes, needed, { interruption, ...(handover === undefined ? {} : { handover }) });
}

/**
 * Jobs that others come after exist for those only: one is needed while any of them is needed and has no result. Every other job is.
 */
export function neededJobs(
  titledJobs: readonly TitledJob[],
  isFinished: (index: number) => boolean,
): ReadonlySet<number> {
  const isShared = new Set(titledJobs.map(({ after }) => after));
  const needed = new Set<number>();
  // Backwards, as a job stands behind the one that it comes after.
  for (let index = titledJobs.length - 1; index >= 0; index--) {
    if (!isShared.has(index)) needed.add(index);
    const { after } = titledJobs[index]!;
    if (after !== undefined && needed.has(index) && !isFinished(index)) needed.add(after);
  }
  return new Set([...needed].sort((left, right) => left - right));
}

function resultsOf(
  outcomes: readonly (RunOutcome | undefined)[],
  needed: ReadonlySet<number>,
  { interruption: { stop }, handover }: { readonly interruption: Interruption; readonly handover?: Handover },
): readonly (RunResult | undefined)[] {
  for (const outcome of outcomes) if (outcome?.type === 'failed') throw outcome.error;
  const finished = [...needed].filter((index) => outcomes[index]?.type === 'done').length;
  if (finished === needed.size && !stop.aborted) {
    return outcomes.map((outcome) => (outcome?.type === 'done' ? outcome.result : undefined));
  }
  const count = `${finished} of ${needed.size} runs are finished`;
  const problem = {
    code: 'run-interrupted',
    what: `stopped on request; ${count}${handover === undefined ? '' : `, ${handover.afterStop.what}`}`,
    fix:
      handover?.afterStop.fix ??
      'run the same command again: finished runs are read back and unfinished ones resume from their last checkpoint',
  } as const;
  throw new UserError(problem, { exitCode: interruptedExitCode[(stop.reason as StopSignal | undefined) ?? 'SIGTERM'] });
}
