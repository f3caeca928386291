/** Brings together what ranks answered of the batches that they were dealt. */
import type { BrokenImage } from '../data/images/broken-images.js';
import { requireWhole } from '../data/images/with-pixels.js';
import { eachOnce } from '../ranks/broken-among-ranks.js';
import { dealtBatches } from '../ranks/dealt-batches.js';
import type { Ranks } from '../ranks/ranks.js';

export interface OwnAnswers<Answer> {
  /** Of the batches of this rank. */
  readonly batches: readonly (readonly Answer[])[];
  /** Images that it could not ask about. */
  readonly broken: readonly BrokenImage[];
}

/** All answers in their order. @throws InputError naming the images that any rank met broken, on every rank the same */
export async function dealtAnswers<Answer>(own: OwnAnswers<Answer>, ranks: Ranks): Promise<readonly Answer[]> {
  const all = await ranks.exchange(own);
  requireWhole(eachOnce(all.flatMap(({ broken }) => broken)));
  return dealtBatches(all.map(({ batches }) => batches)).flat();
}
