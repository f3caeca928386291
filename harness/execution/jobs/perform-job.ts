/**
 * Performs the run of a job file in this process, on whatever machine it is: what a scheduler starts. The first SIGINT or SIGTERM saves a
 * checkpoint and ends it, so that it can be resumed anywhere; a run that has a result is read back.
 */
import { bugProblem, problemsOf, UserError } from '../../errors.js';
import { codeVersion } from '../../records/code-version.js';
import { gatherProvenance } from '../../records/provenance.js';
import type { RunResult } from '../../records/result.js';
import { isFirstRank } from '../../run/first-rank.js';
import type { Machinery } from '../../run/machinery.js';
import { performRun } from '../../run/perform-run.js';
import { beforeRanksMeet } from '../../run/rank-problem.js';
import type { RunJob, RunProgress } from '../../run/run-job.js';
import type { TitledRun } from '../executor.js';
import { type Interruption, interruptedExitCode, type StopSignal } from '../interruption.js';
import { readJobFile, writeFailure } from './job-file.js';
import { activatePlannedEngine } from './planned-engine.js';

export interface PerformOptions {
  readonly machinery: Machinery;
  readonly interruption: Interruption;
  readonly onProgress: (progress: RunProgress) => void;
  /** Where the data sets that are read from disk lie on this machine, if not where the plan says. */
  readonly dataRoot?: string;
  /** The same of weights of the hub. */
  readonly weights?: string;
}

export interface PerformedJob extends TitledRun {
  readonly result: RunResult;
}

/**
 * @throws UserError for bad input and for other code or another engine than the plan's; `run-interrupted` (exit code 130 or 143) after a stop request
 */
export async function performJob(file: string, options: PerformOptions): Promise<PerformedJob> {
  const { machinery, interruption, onProgress, dataRoot, weights } = options;
  const { title, job: planned } = await beforeRanksMeet(async () => readJobFile(file));
  const stop = new AbortController();
  const onStop = () => stop.abort(Object.assign(new Error('stopped on request'), { name: 'TrainingInterrupted' }));
  interruption.stop.addEventListener('abort', onStop);
  interruption.kill.addEventListener('abort', () =>
    process.exit(interruptedExitCode[interruption.kill.reason as StopSignal]),
  );
  if (interruption.stop.aborted) onStop();
  try {
    const place = {
      ...planned.place,
      ...(dataRoot === undefined ? {} : { dataRoot }),
      ...(weights === undefined ? {} : { weights }),
    };
    const job = await beforeRanksMeet(() => {
      if (isFirstRank()) writeFailure(planned, []);
      return onThisMachine({ ...planned, place }, machinery);
    });
    return { title, job, result: await performRun(job, { machinery, onProgress, signal: stop.signal }) };
  } catch (error) {
    // Of several ranks one was asked to stop, and the trainer of each says so.
    const name = error instanceof Error ? error.name : '';
    if (name === 'TrainingInterrupted' || (name === 'AbortError' && stop.signal.aborted)) {
      throw interrupted(title, interruption);
    }
    if (isFirstRank()) writeFailure(planned, problemsOf(error) ?? [bugProblem(error)]);
    throw error;
  } finally {
    interruption.stop.removeEventListener('abort', onStop);
  }
}

/** The same job with the provenance of the machine that performs it. */
async function onThisMachine(job: RunJob, machinery: Machinery): Promise<RunJob> {
  const code = codeVersion();
  const { codeVersion: planned } = job.identity;
  if (code !== planned) {
    throw new UserError({
      code: 'run-failed',
      what: 'the vlm-bench on this machine is not the one that the run was planned with',
      where: `run ${job.runId}`,
      expected: `code ${planned.slice(0, 12)}, not ${code.slice(0, 12)}`,
      fix: 'install the same version on every machine (same commit, same build), or plan the runs again with this one',
    });
  }
  const engine = await activatePlannedEngine(job, machinery);
  return { ...job, provenance: { ...job.provenance, ...gatherProvenance({ codeVersion: code, engine }) } };
}

function interrupted(title: string, { stop }: Interruption): UserError {
  const problem = {
    code: 'run-interrupted',
    what: `${title}: stopped on request`,
    fix: 'run the same command again, on any machine that sees the store: it resumes from the last checkpoint',
  } as const;
  return new UserError(problem, {
    exitCode: interruptedExitCode[(stop.reason as StopSignal | undefined) ?? 'SIGTERM'],
  });
}
