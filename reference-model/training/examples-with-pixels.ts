/** Planned examples become trainable ones: their pixels are looked up, together and once for all texts about an image. */

import type { DataSet, DescribedImage, Sample } from '../data/dataset.js';
import type { BrokenImage } from '../data/images/broken-images.js';
import { withPixels } from '../data/images/with-pixels.js';
import type { Example } from './examples.js';
import type { ImageGroup } from './image-groups.js';

/** The examples whose images are whole, in their order, and the images of the others. */
export async function examplesWithPixels(
  data: DataSet,
  examples: readonly Example<DescribedImage>[],
): Promise<{ readonly examples: readonly Example[]; readonly broken: readonly BrokenImage[] }> {
  const { known, broken } = await withPixels(
    data,
    examples.map(({ sample }) => sample),
  );
  const whole = examples.flatMap((example) => {
    const sample = known.get(example.sample);
    return sample === undefined ? [] : [illustrated(example, sample)];
  });
  return { examples: whole, broken };
}

/** Groups that something is measured on: all of them, unless some of their images are broken. */
export async function groupsWithPixels(
  data: DataSet,
  groups: readonly ImageGroup<DescribedImage>[],
): Promise<{ readonly groups: readonly ImageGroup[]; readonly broken: readonly BrokenImage[] }> {
  const { known, broken } = await withPixels(
    data,
    groups.map(([first]) => first!.sample),
  );
  if (broken.length > 0) return { groups: [], broken };
  const whole = groups.map((group) => group.map((example) => illustrated(example, known.get(example.sample)!)));
  return { groups: whole, broken };
}

/** The same object where nothing is added, so that what is kept by example is found again. */
function illustrated(example: Example<DescribedImage>, sample: Sample): Example {
  return sample === example.sample ? (example as Example) : { ...example, sample };
}
