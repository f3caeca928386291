/** What stands beside an interval over images that are too few for its level to hold. */

/** From about as many on, simulated intervals over images cover what they state; see the README of the statistics. */
const ENOUGH_IMAGES = 100;

/** @returns a sentence; empty for enough images */
export function fewImages(images: number): string {
  return images < ENOUGH_IMAGES
    ? `With fewer than ${ENOUGH_IMAGES} images an interval over images may cover less than it states, most of all where a few images differ much from the others.`
    : '';
}
