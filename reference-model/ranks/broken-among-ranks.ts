/** Broken images of an evaluation that ranks divide: whoever met them, all ranks know all of them. */
import type { BrokenImage } from '../data/images/broken-images.js';
import type { Ranks } from './ranks.js';

/** @returns each image once, the same on every rank */
export async function brokenAmongRanks(own: readonly BrokenImage[], ranks: Ranks): Promise<readonly BrokenImage[]> {
  const [count = 0] = ranks.sum([own.length]);
  return count === 0 ? [] : eachOnce((await ranks.exchange(own)).flat());
}

export function eachOnce(broken: readonly BrokenImage[]): readonly BrokenImage[] {
  return [...new Map(broken.map((image) => [image.imageId, image])).values()];
}
