/**
 * Which examples stand in one sequence: texts about one image that follow each other may share its visual tokens, so that the image is
 * encoded and read once for all of them.
 */
import type { DescribedImage, Sample } from '../data/dataset.js';
import type { TextsPerImage } from '../recipe/recipe.js';
import { type Example, textsPerImage } from './examples.js';

/** Examples about one image, in one sequence; a text that stands alone is a group of one. */
export type ImageGroup<Described extends DescribedImage = Sample> = readonly Example<Described>[];

/** @param shared texts of a group at most; where it says nothing, every example stands alone */
export function imageGroups<Described extends DescribedImage>(
  examples: readonly Example<Described>[],
  shared: TextsPerImage = {},
): readonly ImageGroup<Described>[] {
  const groups: Example<Described>[][] = [];
  for (const example of examples) {
    const last = groups.at(-1);
    const most = textsPerImage(shared, example.source);
    if (last !== undefined && last.length < most && isAboutSame(last[0]!, example)) last.push(example);
    else groups.push([example]);
  }
  return groups;
}

function isAboutSame(first: Example<DescribedImage>, second: Example<DescribedImage>): boolean {
  return first.sample === second.sample && first.source === second.source;
}

/** Groups in their order, as many at a time as have up to `size` examples together, and at least one. */
export function packGroups<Item>(groups: readonly (readonly Item[])[], size: number): readonly (readonly Item[])[][] {
  const packs: (readonly Item[])[][] = [];
  let room = 0;
  for (const group of groups) {
    if (packs.length === 0 || group.length > room) {
      packs.push([]);
      room = size;
    }
    packs.at(-1)!.push(group);
    room -= group.length;
  }
  return packs;
}
