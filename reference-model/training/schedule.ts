/** Learning-rate schedule of one stage: linear warm-up from 0, then a cosine down to a share of the peak. */
import { cos } from '../numerics/elementary.js';
import type { Optimizer } from '../recipe/recipe.js';

/**
 * Factor on the peak learning rate.
 *
 * @param step 0-based step within the stage
 * @param steps length of the stage in steps
 * @returns a number in (0, 1]; the first step already moves, the last one reaches `finalShare`
 * @see Loshchilov & Hutter 2017, arXiv 1608.03983, eq. 5
 */
export function learningRateFactor(
  step: number,
  steps: number,
  { warmupShare, finalShare }: Pick<Optimizer, 'warmupShare' | 'finalShare'>,
): number {
  const warmup = Math.floor(steps * warmupShare);
  if (step < warmup) return (step + 1) / (warmup + 1);
  const progress = (step - warmup) / Math.max(1, steps - 1 - warmup);
  return finalShare + (1 - finalShare) * 0.5 * (1 + cos(Math.PI * progress));
}
