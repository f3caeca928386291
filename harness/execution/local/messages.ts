/** What the harness and a process of runs tell each other, as JSON over the process channel. */
import type { Problem } from '../../errors.js';
import type { RunResult } from '../../records/result.js';
import type { RunJob, RunProgress } from '../../run/run-job.js';

export type ToWorker = { readonly type: 'job'; readonly job: RunJob } | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'progress'; readonly progress: RunProgress }
  | { readonly type: 'done'; readonly result: RunResult }
  | { readonly type: 'interrupted' }
  | {
      readonly type: 'failed';
      readonly problems: readonly (Omit<Problem, 'code'> & { readonly code?: string })[];
      /** Empty for problems that a user can fix, else the stack trace of a bug. */
      readonly stack: string;
    };
