/** What rank 0 tells the other ranks of a run, in this order: what to do, then that it is done. */
import type { LedRanks } from '../../reference-model/ranks/ranks.js';
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

export const nextOrder = async (ranks: LedRanks): Promise<RankOrder> => (await ranks.nextOrder()) as RankOrder;

export const announce = (ranks: LedRanks, order: RankOrder): void => ranks.announce(order);
