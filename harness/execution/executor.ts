/**
 * Who performs runs. `execute-runs.ts` decides which job is next and how many are under way; an executor takes one job, reports its
 * progress, hears a request to stop, and tells how the run ended. `local/` performs runs in processes beside this one.
 */
import type { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import type { RunJob, RunProgress } from '../run/run-job.js';

export type RunOutcome =
  | { readonly type: 'done'; readonly result: RunResult; readonly fromRecord: boolean }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly error: UserError };

export interface RunToPerform {
  readonly job: RunJob;
  /** Names the run in errors, for example `causal, seed 3`. */
  readonly title: string;
  readonly onProgress: (progress: RunProgress) => void;
}

export interface Executor {
  /** Never rejects for what happens in the run: a crash is an outcome. After a stop request the outcome is `interrupted`. */
  perform(run: RunToPerform): Promise<RunOutcome>;
  /** Ends whatever the executor keeps, once no run is under way. */
  close(): Promise<void>;
}
