/**
 * Who performs runs. `execute-runs.ts` decides which job is next and how many are under way; an executor takes one job, reports its
 * progress, hears a request to stop, and tells how the run ended. `local/` performs runs in processes beside this one. An executor with a
 * `handover` gives all of them to a scheduler at once (`slurm/`, `kubernetes/`), which orders them itself and needs this command no more.
 */
import type { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import type { RunJob, RunProgress } from '../run/run-job.js';
import type { Interruption } from './interruption.js';

export type RunOutcome =
  | { readonly type: 'done'; readonly result: RunResult; readonly fromRecord: boolean }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly error: UserError };

export interface TitledRun {
  /** Names the run in errors, for example `causal, seed 3`. */
  readonly title: string;
  readonly job: RunJob;
}

/** Where a run is that a scheduler has: in its queue (and why), or on a machine. */
export interface QueueState {
  readonly type: 'queued' | 'running';
  readonly detail: string;
}

export interface RunToPerform extends TitledRun {
  /** @param at when it happened, in milliseconds since 1970, where that is not now */
  readonly onProgress: (progress: RunProgress, at?: number) => void;
  /** Told by executors with a handover only. */
  readonly onQueueState?: (state: QueueState) => void;
}

/** What executors add that leave order, places and machines to a scheduler. */
export interface Handover {
  /**
   * Hands over every run that has no result, those that others fork from before these; runs that the scheduler has already are left to it.
   * @throws UserError when the scheduler refuses them
   */
  submit(runs: readonly TitledRun[]): Promise<void>;
  /** What becomes of the runs when this command is stopped, and how to take them up again. */
  readonly afterStop: { readonly what: string; readonly fix: string };
}

export interface Executor {
  /** Never rejects for what happens in the run: a crash is an outcome. After a stop request the outcome is `interrupted`. */
  perform(run: RunToPerform): Promise<RunOutcome>;
  /** Ends whatever the executor keeps, once no run is under way. */
  close(): Promise<void>;
  readonly handover?: Handover;
}

/** Starts who performs the runs of a store, given by its absolute path. */
export type StartExecutor = (interruption: Interruption, store: string) => Executor | Promise<Executor>;

export interface StartOptions {
  readonly interruption: Interruption;
  /** Absolute path of the record store. */
  readonly store: string;
  /** Follow what was submitted before, and submit nothing. */
  readonly attach?: boolean;
  /** About how long the longest run takes, where that is known: what a time limit is derived from. */
  readonly secondsPerRun?: number;
}
