/** Which held-out examples a stage is validated on. */
import type { Sample } from '../data/dataset.js';
import type { Source } from '../recipe/recipe.js';
import { type Example, examplesOf } from './examples.js';
import { type ImageGroup, imageGroups } from './image-groups.js';

/**
 * The first examples of a source: one of each image before a second of any. Those of one image that share a sequence come together; which
 * ones there are does not depend on that.
 */
export function heldOutGroups(
  samples: readonly Sample[],
  source: Source,
  { count, questionsPerImage = 1 }: { readonly count: number; readonly questionsPerImage?: number | undefined },
): readonly ImageGroup[] {
  const byImage = samples.map((sample) => examplesOf([sample], source));
  const chosen: Example[] = [];
  for (let depth = 0; chosen.length < count; depth++) {
    const layer = byImage.flatMap((examples) => examples.slice(depth, depth + 1));
    if (layer.length === 0) break;
    chosen.push(...layer.slice(0, count - chosen.length));
  }
  if (questionsPerImage === 1) return imageGroups(chosen);
  const together = new Map(samples.map((sample) => [sample, [] as Example[]]));
  for (const example of chosen) together.get(example.sample)!.push(example);
  return imageGroups([...together.values()].flat(), questionsPerImage);
}
