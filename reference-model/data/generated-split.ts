/**
 * What every generated data set shares: the split of a content is a function of the content alone, so no stream of contents, however
 * long, can leak a held-out one; and in the held-out splits no content comes twice, so every test image is new.
 */
import { type RandomStream, randomStream } from '../numerics/random.js';
import type { Sample, SplitName, Splits } from './dataset.js';

export type SplitSizes = Readonly<Record<SplitName, number>> & { readonly probe?: number };

/** How one data set draws its contents and describes them. */
export interface Generator<Content, Described extends Sample> {
  readonly name: string;
  /** The most images of each split; a held-out split must find that many different contents. */
  readonly largestSizes: SplitSizes;
  /** A random content, from any split. */
  draw(stream: RandomStream): Content;
  /** A text that is equal for two contents if and only if they are the same. */
  contentKey(content: Content): string;
  /** The split that this content belongs to, a function of the content alone; undefined for one that is in none. */
  splitOf(content: Content): keyof Splits | undefined;
  describe(seed: number, imageId: string, content: Content): Described;
}

/** The split that this content belongs to: three quarters train, one eighth each validation and test. */
export function splitOfContent(name: string, contentKey: string): SplitName {
  const eighth = randomStream(0, name, 'split', contentKey).integer(8);
  return eighth < 6 ? 'train' : eighth === 6 ? 'validation' : 'test';
}

/**
 * The split of a content in the second version of a data set: train and validation as in the first, so that what was trained before knows
 * no held-out content; what the first held out for its test is halved into probe and test, without what its test split had.
 */
export function secondSplitOf(
  name: string,
  contentKey: string,
  { testedBefore }: { readonly testedBefore: (contentKey: string) => boolean },
): keyof Splits | undefined {
  const first = splitOfContent(name, contentKey);
  if (first !== 'test') return first;
  if (testedBefore(contentKey)) return undefined;
  return randomStream(0, name, 'second split', contentKey).integer(2) === 0 ? 'probe' : 'test';
}

/**
 * What the samples of one split show, a prefix of any larger split of the same seed.
 * Throws RangeError for a size that is not an integer from 0 to the largest.
 */
export function contentsOfSplit<Content, Described extends Sample>(
  { name, largestSizes, draw, contentKey, splitOf }: Generator<Content, Described>,
  seed: number,
  split: keyof Splits,
  size: number,
): readonly Content[] {
  const largest = largestSizes[split] ?? 0;
  if (!Number.isInteger(size) || size < 0 || size > largest) {
    throw new RangeError(`${name}: the ${split} split needs 0 to ${largest} images, got ${size}.`);
  }
  const stream = randomStream(seed, name, split, 'scenes');
  const used = new Set<string>();
  const contents: Content[] = [];
  while (contents.length < size) {
    const content = draw(stream);
    const key = contentKey(content);
    if (splitOf(content) !== split || (split !== 'train' && used.has(key))) continue;
    used.add(key);
    contents.push(content);
  }
  return contents;
}

function generateSplit<Content, Described extends Sample>(
  generator: Generator<Content, Described>,
  seed: number,
  split: keyof Splits,
  size: number,
): readonly Described[] {
  return contentsOfSplit(generator, seed, split, size).map((content, index) =>
    generator.describe(seed, `${split}-${String(index).padStart(5, '0')}`, content),
  );
}

/** The splits that have a size, each of its own stream. Equal arguments give equal bits on every machine. */
export function generateSplits<Content, Described extends Sample>(
  generator: Generator<Content, Described>,
  seed: number,
  sizes: SplitSizes,
): Splits<Described> {
  const { train, validation, test, probe } = sizes;
  return {
    train: generateSplit(generator, seed, 'train', train),
    validation: generateSplit(generator, seed, 'validation', validation),
    test: generateSplit(generator, seed, 'test', test),
    ...(probe === undefined ? {} : { probe: generateSplit(generator, seed, 'probe', probe) }),
  };
}
