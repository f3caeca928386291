/**
 * What of a step belongs to one of several processes that train together: every example to exactly one of them, and texts that share an image
 * to the same. A function of the planned step alone, so that each process finds its share without asking the others.
 */
import type { DescribedImage } from '../data/dataset.js';
import type { TextsPerImage } from '../recipe/recipe.js';
import type { Example } from './examples.js';
import { imageGroups } from './image-groups.js';

export interface RankShare {
  /** From 0. */
  readonly rank: number;
  /** Processes that train together. */
  readonly ranks: number;
}

/** The examples of a rank, in the order of the step: every `ranks`-th image, or text that stands alone. */
export function rankShare<Described extends DescribedImage>(
  examples: readonly Example<Described>[],
  { rank, ranks }: RankShare,
  shared: TextsPerImage = {},
): readonly Example<Described>[] {
  if (ranks === 1) return examples;
  return imageGroups(examples, shared)
    .filter((_, index) => index % ranks === rank)
    .flat();
}
