/** Planned examples become trainable ones: their pixels are looked up, together and once for all texts about an image. */
import type { DataSet, DescribedImage, Sample } from '../data/dataset.js';
import { allWithPixels, withPixels } from '../data/images/with-pixels.js';
import type { Example } from './examples.js';
import type { ImageGroup } from './image-groups.js';

/** The examples whose images are whole, in their order; those of an image that is broken, and allowed to be, are left out. */
export async function examplesWithPixels(
  data: DataSet,
  examples: readonly Example<DescribedImage>[],
): Promise<readonly Example[]> {
  const known = await withPixels(
    data,
    examples.map(({ sample }) => sample),
  );
  return examples.flatMap((example) => {
    const sample = known.get(example.sample);
    return sample === undefined ? [] : [illustrated(example, sample)];
  });
}

/** Groups that something is measured on: all of them. @throws InputError for any broken image */
export async function groupsWithPixels(
  data: DataSet,
  groups: readonly ImageGroup<DescribedImage>[],
): Promise<readonly ImageGroup[]> {
  const samples = await allWithPixels(
    data,
    groups.map(([first]) => first!.sample),
  );
  return groups.map((group, index) => group.map((example) => illustrated(example, samples[index]!)));
}

/** The same object where nothing is added, so that what is kept by example is found again. */
function illustrated(example: Example<DescribedImage>, sample: Sample): Example {
  return sample === example.sample ? (example as Example) : { ...example, sample };
}
