/** Which held-out examples a stage is validated on. */
import type { DescribedImage } from '../data/dataset.js';
import type { Source, TextsPerImage } from '../recipe/recipe.js';
import { type Example, examplesOf, textsPerImage } from './examples.js';
import { type ImageGroup, imageGroups } from './image-groups.js';

/**
 * The first examples of a source: one of each image before a second of any. Those of one image that share a sequence come together; which
 * ones there are does not depend on that.
 */
export function heldOutGroups<Described extends DescribedImage>(
  samples: readonly Described[],
  source: Source,
  { count, ...shared }: TextsPerImage & { readonly count: number },
): readonly ImageGroup<Described>[] {
  const byImage = samples.map((sample) => examplesOf([sample], source));
  const chosen: Example<Described>[] = [];
  for (let depth = 0; chosen.length < count; depth++) {
    const layer = byImage.flatMap((examples) => examples.slice(depth, depth + 1));
    if (layer.length === 0) break;
    chosen.push(...layer.slice(0, count - chosen.length));
  }
  if (textsPerImage(shared, source) === 1) return imageGroups(chosen);
  const together = new Map(samples.map((sample) => [sample, [] as Example<Described>[]]));
  for (const example of chosen) together.get(example.sample)!.push(example);
  return imageGroups([...together.values()].flat(), shared);
}
