/** A data set that is held as pixels, behind the interface of those that are read from disk. */
import type { DataSet, RasterImage, Sample } from './dataset.js';
import type { DataSource, IndexedSplit } from './source.js';

export function memorySource({ name, fingerprint, splits }: DataSet<Sample>): DataSource {
  const images = new Map<string, RasterImage>();
  const indexed = new Map<string, IndexedSplit>();
  for (const [split, samples] of Object.entries(splits)) {
    if (samples === undefined) continue;
    for (const { imageId, image } of samples) images.set(imageId, image);
    const texts = samples.map(({ image: { width, height }, ...said }) => ({ ...said, size: { width, height } }));
    indexed.set(split, { samples: texts, conversations: [] });
  }
  return {
    name,
    fingerprint,
    manifest: [],
    splits: indexed,
    has: (imageId) => images.has(imageId),
    placeOf: (imageId) => `${name}, ${imageId}`,
    image: async (imageId) => {
      const image = images.get(imageId);
      if (image === undefined) throw new RangeError(`${name} has no image ${imageId}.`);
      return { kind: 'pixels', image };
    },
    close: () => {},
  };
}
