/** What rank 0 tells the other ranks of a run, in this order: what to do, then that it is done. */
import type { RankProblem, Ranks } from '../../reference-model/ranks/ranks.js';
import type { RunJob } from './run-job.js';

export type RankOrder =
  /** Take part in a run, from this checkpoint on. */
  | { readonly type: 'run'; readonly job: RunJob; readonly resumeFrom?: string }
  /** The run has a result, from now or from earlier. */
  | { readonly type: 'done'; readonly runId: string }
  /** Rank 0 was asked to stop before there was anything to take part in. */
  | { readonly type: 'stopped' }
  /** No other run follows. */
  | { readonly type: 'end' };

/** Ranks that perform runs together. */
export interface RunRanks extends Ranks {
  announce(order: RankOrder): void;
  /** @throws RankError when a rank has failed */
  nextOrder(): Promise<RankOrder>;
  /** Tells all others why this one ends. */
  fail(problem: RankProblem): void;
  /** Ends the group; of a process that ends. */
  leave(): void;
}
