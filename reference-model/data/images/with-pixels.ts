/** Samples together with their pixels, wherever these are: in memory with the texts, or to be read and decoded. */
import type { DataSet, DescribedImage, Sample } from '../dataset.js';

type Illustrated = Pick<DataSet, 'images'>;

/** By the sample as the data set holds it. */
type WithPixels = ReadonlyMap<DescribedImage, Sample>;

/**
 * The samples that have pixels, by the samples without. Those that are held in memory stay the objects that they are; one whose image is
 * broken, and is allowed to be, is missing.
 *
 * @throws InputError naming broken images, RangeError for a data set that has no pixels at all
 */
export function withPixels(data: Illustrated, samples: readonly DescribedImage[]): Promise<WithPixels> {
  return lookUp(data, samples, false);
}

/** The same for samples that are evaluated on: all of them, in their order. @throws InputError for any broken image */
export async function allWithPixels(data: Illustrated, samples: readonly DescribedImage[]): Promise<readonly Sample[]> {
  const known = await lookUp(data, samples, true);
  return samples.map((sample) => known.get(sample)!);
}

async function lookUp(
  { images }: Illustrated,
  samples: readonly DescribedImage[],
  requireAll: boolean,
): Promise<WithPixels> {
  const known = new Map<DescribedImage, Sample>();
  const missing: DescribedImage[] = [];
  for (const sample of new Set(samples)) {
    if (isInMemory(sample)) known.set(sample, sample);
    else missing.push(sample);
  }
  if (missing.length === 0) return known;
  const imageIds = missing.map(({ imageId }) => imageId);
  if (images === undefined) throw new RangeError(`Nothing supplies the image ${imageIds[0]}.`);
  const pixels = await images.take(imageIds, { requireAll });
  for (const sample of missing) {
    const image = pixels.get(sample.imageId);
    if (image !== undefined) known.set(sample, { ...sample, image });
  }
  return known;
}

function isInMemory(sample: DescribedImage): sample is Sample {
  return 'image' in sample;
}
