/**
 * What every generated data set shares: the split of a content is a function of the content alone, so no stream of contents, however
 * long, can leak a held-out one; and in the held-out splits no content comes twice, so every test image is new.
 */
import { type RandomStream, randomStream } from '../numerics/random.js';
import type { SplitName } from './dataset.js';

/** How one data set draws its contents and describes them. */
export interface Generator<Content, Described> {
  readonly name: string;
  /** The most images of each split; a held-out split must find that many different contents. */
  readonly largestSizes: Readonly<Record<SplitName, number>>;
  /** A random content, from any split. */
  draw(stream: RandomStream): Content;
  /** A text that is equal for two contents if and only if they are the same. */
  contentKey(content: Content): string;
  describe(seed: number, imageId: string, content: Content): Described;
}

/** The split that this content belongs to: three quarters train, one eighth each validation and test. */
export function splitOfContent(name: string, contentKey: string): SplitName {
  const eighth = randomStream(0, name, 'split', contentKey).integer(8);
  return eighth < 6 ? 'train' : eighth === 6 ? 'validation' : 'test';
}

/**
 * Samples of one split, a prefix of any larger split of the same seed.
 * Throws RangeError for a size that is not an integer from 0 to the largest.
 */
function generateSplit<Content, Described>(
  { name, largestSizes, draw, contentKey, describe }: Generator<Content, Described>,
  seed: number,
  split: SplitName,
  size: number,
): readonly Described[] {
  const largest = largestSizes[split];
  if (!Number.isInteger(size) || size < 0 || size > largest) {
    throw new RangeError(`${name}: the ${split} split needs 0 to ${largest} images, got ${size}.`);
  }
  const contents = randomStream(seed, name, split, 'scenes');
  const used = new Set<string>();
  const samples: Described[] = [];
  while (samples.length < size) {
    const content = draw(contents);
    const key = contentKey(content);
    if (splitOfContent(name, key) !== split || (split !== 'train' && used.has(key))) continue;
    used.add(key);
    samples.push(describe(seed, `${split}-${String(samples.length).padStart(5, '0')}`, content));
  }
  return samples;
}

/** The three splits, each of its own stream. Equal arguments give equal bits on every machine. */
export function generateSplits<Content, Described>(
  generator: Generator<Content, Described>,
  seed: number,
  sizes: Readonly<Record<SplitName, number>>,
): Readonly<Record<SplitName, readonly Described[]>> {
  return {
    train: generateSplit(generator, seed, 'train', sizes.train),
    validation: generateSplit(generator, seed, 'validation', sizes.validation),
    test: generateSplit(generator, seed, 'test', sizes.test),
  };
}
