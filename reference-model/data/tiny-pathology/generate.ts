/** Generates the tiny-pathology data set: pieces of tissue, their images and questions, from one seed. It has no captions. */
import { randomStream } from '../../numerics/random.js';
import type { Sample, SplitName, Splits } from '../dataset.js';
import { type Generator, generateSplits, splitOfContent } from '../generated-split.js';
import { tissueQuestions } from './questions.js';
import { renderTissue } from './render.js';
import { contentKey, drawTissue, type Tissue } from './tissue.js';

export interface TinyPathologyOptions {
  readonly seed?: number;
  /** Images per split. */
  readonly sizes?: Readonly<Record<SplitName, number>>;
}

export const TINY_PATHOLOGY_SEED = 1;
export const TINY_PATHOLOGY_SIZES = { train: 2000, validation: 200, test: 500 } as const;

/** A sample together with the tissue that it shows. */
export interface TissueSample extends Sample {
  readonly tissue: Tissue;
}

/** @param name of the data set, whose streams decide wording and noise */
export function describeTissue(name: string, seed: number, imageId: string, tissue: Tissue): TissueSample {
  const stream = (part: string) => randomStream(seed, name, imageId, part);
  return {
    imageId,
    tissue,
    image: renderTissue(tissue, stream('image')),
    humanCaptions: [],
    aiCaptions: [],
    questions: tissueQuestions(tissue, stream('questions')).map((question, index) => ({
      questionId: `${imageId}-${index + 1}`,
      ...question,
    })),
  };
}

export const TINY_PATHOLOGY: Generator<Tissue, TissueSample> = {
  name: 'tiny-pathology',
  largestSizes: { train: 100_000, validation: 1500, test: 1500 }, // of about 2,000 contents in each held-out split
  draw: drawTissue,
  contentKey,
  splitOf: (tissue) => splitOfContent('tiny-pathology', contentKey(tissue)),
  describe: (seed, imageId, tissue) => describeTissue('tiny-pathology', seed, imageId, tissue),
};

/**
 * The three splits of tiny-pathology. Equal options give equal bits on every machine.
 * Throws RangeError for a split size that is not an integer from 0 to 100,000 (train) or 1,500.
 */
export function generateTinyPathology({
  seed = TINY_PATHOLOGY_SEED,
  sizes = TINY_PATHOLOGY_SIZES,
}: TinyPathologyOptions = {}): Splits<TissueSample> {
  return generateSplits(TINY_PATHOLOGY, seed, sizes);
}
