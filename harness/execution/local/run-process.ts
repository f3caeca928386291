/**
 * A process that performs runs one after another: the code that V8 compiled and the data sets that were generated for one serve the next.
 * It ends after a run that failed or was interrupted, so that no run follows in a state that nobody foresaw.
 */
import { appendFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { execaNode } from 'execa';
import { UserError } from '../../errors.js';
import { runPaths } from '../../records/run-paths.js';
import { tellRanks } from '../../run/rank-problem.js';
import type { RunOutcome, RunToPerform } from '../executor.js';
import type { Interruption } from '../interruption.js';
import type { FromWorker, ToWorker } from './messages.js';

export interface RunProcessOptions {
  /** The script that calls `serveRuns`; by default the one of this package. */
  readonly workerEntry?: string;
  readonly interruption: Interruption;
}

type Answer = Exclude<FromWorker, { type: 'progress' }>;
type Ending = { readonly signal?: string | undefined; readonly exitCode?: number | undefined };

/** What the process is at. */
interface Assignment extends RunToPerform {
  /** Length of the log before this attempt; what stands there is of earlier ones. */
  readonly logged: number;
  lastStep: number;
  answer: Answer | undefined;
  readonly settle: (outcome: RunOutcome) => void;
}

export class RunProcess {
  readonly #subprocess;
  readonly #interruption: Interruption;
  #assignment: Assignment | undefined;
  #log: string | undefined;
  #ended = false;
  readonly #end: Promise<void>;

  constructor({ workerEntry = defaultEntry(), interruption }: RunProcessOptions) {
    this.#interruption = interruption;
    this.#subprocess = execaNode(workerEntry, [], {
      ipc: true,
      serialization: 'json',
      // Flags of the parent (a debugger port, a test runner's loaders) are not the run's.
      nodeOptions: [],
      stdin: 'ignore',
      buffer: false,
      reject: false,
      cancelSignal: interruption.kill,
      killSignal: 'SIGKILL',
    });
    for (const output of [this.#subprocess.stdout, this.#subprocess.stderr]) {
      output.on('data', (chunk: Buffer) => this.#log !== undefined && appendFileSync(this.#log, chunk));
    }
    this.#subprocess.on('message', (message: FromWorker) => this.#receive(message));
    interruption.stop.addEventListener('abort', this.#stop);
    this.#end = this.#subprocess.then((ending) => this.#finish(ending));
  }

  /** Whether it can be given a run. */
  get isIdle(): boolean {
    return !this.#ended && this.#assignment === undefined;
  }

  /** Never rejects for what happens in the run: a crash is an outcome with the run, its last step and its log file. */
  perform(run: RunToPerform): Promise<RunOutcome> {
    const { folder, log } = runPaths(run.job.store, run.job.runId);
    mkdirSync(folder, { recursive: true });
    this.#log = log;
    const logged = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    const outcome = new Promise<RunOutcome>((settle) => {
      this.#assignment = { ...run, logged, lastStep: 0, answer: undefined, settle };
    });
    this.#tell({ type: 'job', job: run.job });
    if (this.#interruption.stop.aborted) this.#stop();
    return outcome;
  }

  /** Ends the idle process. */
  async close(): Promise<void> {
    if (this.#subprocess.connected) this.#subprocess.disconnect?.();
    await this.#end;
  }

  readonly #stop = () => this.#tell({ type: 'stop' });

  #tell(message: ToWorker): void {
    // A process that just ended cannot be told anything; `#finish` handles its end.
    if (this.#subprocess.connected) this.#subprocess.send?.(message, () => {});
  }

  #receive(message: FromWorker): void {
    const assignment = this.#assignment;
    if (assignment === undefined) return;
    if (message.type === 'progress') {
      if (message.progress.type === 'step') assignment.lastStep = message.progress.step;
      assignment.onProgress(message.progress);
    } else if (message.type === 'done') {
      this.#assignment = undefined;
      assignment.settle({ type: 'done', result: message.result, fromRecord: false });
    } else {
      // The process ends by itself, and its log is complete only then.
      assignment.answer = message;
    }
  }

  #finish(ending: Ending): void {
    this.#ended = true;
    this.#interruption.stop.removeEventListener('abort', this.#stop);
    const assignment = this.#assignment;
    this.#assignment = undefined;
    if (assignment === undefined) return;
    const outcome = outcomeOf(assignment, ending, this.#interruption);
    // A process that was ended could tell nobody.
    if (outcome.type === 'failed' && assignment.answer === undefined) tellRanks(outcome.error, assignment.lastStep > 0);
    assignment.settle(outcome);
  }
}

/** What became of a run whose process ended before the run was done. */
function outcomeOf(
  { job, title, logged, lastStep, answer }: Assignment,
  ending: Ending,
  { stop }: Interruption,
): Exclude<RunOutcome, { type: 'done' }> {
  if (answer?.type === 'interrupted' || stop.aborted) return { type: 'interrupted' };
  if (answer?.type === 'failed' && answer.stack === '') {
    const problems = answer.problems.map(({ what, where, expected, fix }) => ({
      code: 'run-failed' as const,
      what: `${title}: ${what}`,
      ...(where === undefined ? {} : { where }),
      ...(expected === undefined ? {} : { expected }),
      fix,
    }));
    return { type: 'failed', error: new UserError(problems) };
  }
  const { log } = runPaths(job.store, job.runId);
  const how = ending.signal === undefined ? `exit code ${ending.exitCode ?? 'unknown'}` : `signal ${ending.signal}`;
  const reason = answer?.type === 'failed' ? answer.problems[0]?.what : lastComplaint(log, logged);
  const memory = killedForMemory.has(ending.signal ?? '') ? '; if memory ran out, take fewer --jobs' : '';
  return {
    type: 'failed',
    error: new UserError({
      code: 'run-failed',
      what: `the run ${title} crashed after step ${lastStep} (${how})${reason === undefined ? '' : `: ${reason}`}`,
      where: `run ${job.runId}`,
      fix: `read ${log}; running the command again resumes the run from its last checkpoint${memory}`,
    }),
  };
}

/** How a process ends that the system or the JavaScript engine denied memory. */
const killedForMemory: ReadonlySet<string> = new Set(['SIGKILL', 'SIGABRT']);

function defaultEntry(): string {
  return createRequire(import.meta.url).resolve('#package/dist/harness/execution/local/run-worker.js');
}

/** The last line that this attempt logged and that names an error; a native stack trace of the engine names none. */
function lastComplaint(file: string, from: number): string | undefined {
  const text = readFileSync(file, { flag: 'a+' }).subarray(from).toString('utf8');
  const lines = text.trimEnd().split('\n');
  return lines.findLast((line) => /^(?:\w*Error|FATAL ERROR)\b/.test(line))?.slice(0, 300);
}
