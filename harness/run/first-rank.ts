/** Of several processes that a launcher started for one run, which one speaks and writes. */
import { rankPlace } from '../../reference-model/engines/torch/rank-place.js';

/** Whether this process is the only one, or rank 0. */
export const isFirstRank = (): boolean => (rankPlace()?.rank ?? 0) === 0;
