/** What a rank tells the others when it ends, and how one that ends before it has joined them tells it. */
import { declineTorchRanks } from '../../reference-model/engines/torch/engine.js';
import { rankPlace } from '../../reference-model/engines/torch/rank-place.js';
import type { RankProblem } from '../../reference-model/ranks/ranks.js';
import { bugProblem, problemsOf } from '../errors.js';

/** The first problem of an error, as plain JSON. */
export function rankProblemOf(error: unknown): RankProblem {
  const { what, where, expected, fix } = (problemsOf(error) ?? [bugProblem(error)])[0]!;
  return {
    what,
    ...(where === undefined ? {} : { where }),
    ...(expected === undefined ? {} : { expected }),
    fix,
  };
}

/**
 * Does what comes before the ranks of a run meet. Where it fails on one that a launcher started, the others end with the same error in place
 * of waiting for it.
 */
export async function beforeRanksMeet<Result>(prepare: () => Promise<Result>): Promise<Result> {
  try {
    return await prepare();
  } catch (error) {
    tellRanks(error);
    throw error;
  }
}

/**
 * Tells the ranks that a launcher started beside this process why it takes no part, or no longer.
 * @param haveMet whether the process that took part for this one had met them: then a store that it kept is gone with it
 */
export function tellRanks(error: unknown, haveMet = false): void {
  try {
    const place = rankPlace();
    if (place !== undefined && !(haveMet && place.hostsStore)) declineTorchRanks(place, rankProblemOf(error));
  } catch {
    // Without a working engine there is no way to tell them; what matters is the error itself.
  }
}
