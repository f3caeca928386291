/**
 * Executes planned runs, a given number at a time, each in a process of its own. Runs that have a result are read back and not
 * started. After a failure or a stop request nothing new is started; what has finished stays recorded, so that the same command
 * goes on where this one ended.
 */
import { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import { readFinishedResult, runPaths } from '../records/run-record.js';
import type { RunJob, RunProgress } from '../run/perform-run.js';
import { type Interruption, interruptedExitCode, type StopSignal } from './interruption.js';
import { type RunOutcome, runInProcess } from './run-process.js';

export interface TitledJob {
  readonly title: string;
  readonly job: RunJob;
  /** Index of the job that must be done first, earlier in the list; that one is executed only if such a job needs it. */
  readonly after?: number;
}

export type ExecutionEvent =
  | { readonly type: 'from-record' | 'started' | 'done' | 'stopped' | 'failed' }
  | { readonly type: 'progress'; readonly progress: RunProgress };

export interface ExecutionOptions {
  /** Runs at the same time. */
  readonly jobs: number;
  readonly interruption: Interruption;
  /** Called with the index of the run. */
  readonly onEvent?: (index: number, event: ExecutionEvent) => void;
  readonly workerEntry?: string;
}

/**
 * The results, in the order of the jobs.
 * @throws UserError `run-failed` (the first failure) or `run-interrupted` (exit code 130 or 143)
 */
export async function executeRuns(
  titledJobs: readonly TitledJob[],
  { jobs, interruption, onEvent = () => {}, workerEntry }: ExecutionOptions,
): Promise<readonly RunResult[]> {
  const outcomes: (RunOutcome | undefined)[] = titledJobs.map(({ job }, index) => {
    const result = readFinishedResult(runPaths(job.store, job.runId));
    if (result === undefined) return undefined;
    onEvent(index, { type: 'from-record' });
    return { type: 'done', result, fromRecord: true };
  });
  const waiting = titledJobs.map((_, index) => index).filter((index) => outcomes[index] === undefined);
  let failed = false;

  const executeNext = async (): Promise<void> => {
    while (!failed && !interruption.stop.aborted) {
      const index = waiting.shift();
      if (index === undefined) return;
      const { title, job } = titledJobs[index]!;
      onEvent(index, { type: 'started' });
      const outcome = await runInProcess(job, {
        title,
        interruption,
        onProgress: (progress) => onEvent(index, { type: 'progress', progress }),
        ...(workerEntry === undefined ? {} : { workerEntry }),
      });
      outcomes[index] = outcome;
      if (outcome.type === 'failed') failed = true;
      onEvent(index, { type: outcome.type === 'interrupted' ? 'stopped' : outcome.type });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, executeNext));
  return resultsOf(outcomes, interruption);
}

function resultsOf(outcomes: readonly (RunOutcome | undefined)[], { stop }: Interruption): readonly RunResult[] {
  for (const outcome of outcomes) if (outcome?.type === 'failed') throw outcome.error;
  const results = outcomes.flatMap((outcome) => (outcome?.type === 'done' ? [outcome.result] : []));
  if (results.length === outcomes.length) return results;
  const problem = {
    code: 'run-interrupted',
    what: `stopped on request; ${results.length} of ${outcomes.length} runs are finished`,
    mend: 'run the same command again: finished runs are read back and unfinished ones resume from their last checkpoint',
  } as const;
  throw new UserError(problem, { exitCode: interruptedExitCode[stop.reason as StopSignal] ?? 1 });
}
