/** Samples together with their pixels, wherever these are: in memory with the texts, or to be read and decoded. */
import type { DataSet, DescribedImage, Sample } from '../dataset.js';
import { type BrokenImage, tooManyBroken } from './broken-images.js';

type Illustrated = Pick<DataSet, 'images'>;

/** What is there of the samples that were asked for. */
export interface LookedUp {
  /**
   * Those whose images are whole, by the sample as the data set holds it. Samples that are held in memory stay the objects that they are.
   */
  readonly known: ReadonlyMap<DescribedImage, Sample>;
  /** Images of the others. */
  readonly broken: readonly BrokenImage[];
}

/** @throws RangeError for a data set that has no pixels at all */
export async function withPixels({ images }: Illustrated, samples: readonly DescribedImage[]): Promise<LookedUp> {
  const known = new Map<DescribedImage, Sample>();
  const missing: DescribedImage[] = [];
  for (const sample of new Set(samples)) {
    if (isInMemory(sample)) known.set(sample, sample);
    else missing.push(sample);
  }
  if (missing.length === 0) return { known, broken: [] };
  const imageIds = missing.map(({ imageId }) => imageId);
  if (images === undefined) throw new RangeError(`Nothing supplies the image ${imageIds[0]}.`);
  const { images: pixels, broken } = await images.take(imageIds);
  for (const sample of missing) {
    const image = pixels.get(sample.imageId);
    if (image !== undefined) known.set(sample, { ...sample, image });
  }
  return { known, broken };
}

/** All samples that are evaluated on, in their order. @throws InputError naming the broken images */
export async function allWithPixels(data: Illustrated, samples: readonly DescribedImage[]): Promise<readonly Sample[]> {
  const { known, broken } = await withPixels(data, samples);
  requireWhole(broken);
  return samples.map((sample) => known.get(sample)!);
}

/** @throws InputError naming the images: what is measured is measured on all images that were planned */
export function requireWhole(broken: readonly BrokenImage[]): void {
  if (broken.length > 0) throw tooManyBroken(broken, { allowed: 0, rule: 'an evaluation is of all its images' });
}

function isInMemory(sample: DescribedImage): sample is Sample {
  return 'image' in sample;
}
