/** Starts the process of one run and follows it to its end: result, failure or interruption. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { execaNode } from 'execa';
import { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import { runPaths } from '../records/run-record.js';
import type { RunJob, RunProgress } from '../run/perform-run.js';
import type { Interruption } from './interruption.js';
import type { FromWorker, ToWorker } from './messages.js';

export type RunOutcome =
  | { readonly type: 'done'; readonly result: RunResult; readonly fromRecord: boolean }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly error: UserError };

export interface RunProcessOptions {
  /** The script that calls `serveRun`; by default the one of this package. */
  readonly workerEntry?: string;
  readonly interruption: Interruption;
  readonly onProgress: (progress: RunProgress) => void;
  /** Names the run in errors, for example `causal, seed 3`. */
  readonly title: string;
}

/** Never rejects for what happens in the run: a crash is an outcome with the run, its last step and its log file. */
export async function runInProcess(
  job: RunJob,
  { workerEntry = defaultEntry(), interruption, onProgress, title }: RunProcessOptions,
): Promise<RunOutcome> {
  const paths = runPaths(job.store, job.runId);
  mkdirSync(paths.folder, { recursive: true });
  let lastStep = 0;
  let answer: Exclude<FromWorker, { type: 'progress' }> | undefined;
  const subprocess = execaNode(workerEntry, [], {
    ipc: true,
    serialization: 'json',
    // Flags of the parent (a debugger port, a test runner's loaders) are not the run's.
    nodeOptions: [],
    stdin: 'ignore',
    stdout: { file: paths.log, append: true },
    stderr: { file: paths.log, append: true },
    buffer: false,
    reject: false,
    cancelSignal: interruption.kill,
    killSignal: 'SIGKILL',
  });
  const tell = (message: ToWorker) => {
    // A process that just ended cannot be told anything; its end is handled below.
    if (subprocess.connected) subprocess.send?.(message, () => {});
  };
  const stop = () => tell({ type: 'stop' });
  interruption.stop.addEventListener('abort', stop);
  subprocess.on('message', (message: FromWorker) => {
    if (message.type !== 'progress') {
      answer = message;
      return;
    }
    if (message.progress.type === 'step') lastStep = message.progress.step;
    onProgress(message.progress);
  });
  tell({ type: 'job', job });
  if (interruption.stop.aborted) stop();
  const ending = await subprocess;
  interruption.stop.removeEventListener('abort', stop);

  if (answer?.type === 'done') return { type: 'done', result: answer.result, fromRecord: false };
  if (answer?.type === 'interrupted' || interruption.stop.aborted) return { type: 'interrupted' };
  if (answer?.type === 'failed' && answer.stack === '') {
    const problems = answer.problems.map(({ what, where, expected, mend }) => ({
      code: 'run-failed' as const,
      what: `${title}: ${what}`,
      ...(where === undefined ? {} : { where }),
      ...(expected === undefined ? {} : { expected }),
      mend,
    }));
    return { type: 'failed', error: new UserError(problems) };
  }
  const how = ending.signal === undefined ? `exit code ${ending.exitCode ?? 'unknown'}` : `signal ${ending.signal}`;
  const reason = answer === undefined ? lastComplaint(paths.log) : answer.problems[0]?.what;
  return {
    type: 'failed',
    error: new UserError({
      code: 'run-failed',
      what: `the run ${title} crashed after step ${lastStep} (${how})${reason === undefined ? '' : `: ${reason}`}`,
      where: `run ${job.runId}`,
      mend: `read ${paths.log}; running the command again resumes the run from its last checkpoint`,
    }),
  };
}

function defaultEntry(): string {
  return createRequire(import.meta.url).resolve('#package/dist/harness/execution/run-worker.js');
}

/** The last line of the log that names an error, or else its last line. */
function lastComplaint(file: string): string | undefined {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const line = lines.findLast((text) => /^\w*Error\b/.test(text)) ?? lines.at(-1);
  return line?.slice(0, 300) || undefined;
}
