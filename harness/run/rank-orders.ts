/** What rank 0 tells the other ranks of a run, in this order: what to open, what to do with it, then that it is done. */
import type { LedRanks } from '../../reference-model/ranks/ranks.js';
import type { LeftOutImage } from '../../reference-model/training/left-out-images.js';
import type { RunJob } from './run-job.js';

/** What a training goes on from. */
export interface TrainingStart {
  /** Folder of the checkpoint. */
  readonly resumeFrom?: string;
  /** Broken images that were left out up to it. */
  readonly leftOut: readonly LeftOutImage[];
}

export type RankOrder =
  /** Open what the run needs, beside rank 0. */
  | { readonly type: 'open'; readonly job: RunJob }
  /** Take part in the run that was opened. */
  | ({ readonly type: 'run' } & TrainingStart)
  /** The run has a result, from now or from earlier. */
  | { readonly type: 'done'; readonly runId: string }
  /** Rank 0 was asked to stop before there was anything to take part in. */
  | { readonly type: 'stopped' }
  /** No other run follows. */
  | { readonly type: 'end' };

export const nextOrder = async (ranks: LedRanks): Promise<RankOrder> => (await ranks.nextOrder()) as RankOrder;

export const announce = (ranks: LedRanks, order: RankOrder): void => ranks.announce(order);
