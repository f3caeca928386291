/** Generates the tiny-pathology data set: pieces of tissue, their images and questions, from one seed. It has no captions. */
import { randomStream } from '../../numerics/random.js';
import type { Sample, SplitName } from '../dataset.js';
import { type Generator, generateSplits } from '../generated-split.js';
import { tissueQuestions } from './questions.js';
import { renderTissue } from './render.js';
import { contentKey, drawTissue, type Tissue } from './tissue.js';

export interface TinyPathologyOptions {
  readonly seed?: number;
  /** Images per split. */
  readonly sizes?: Readonly<Record<SplitName, number>>;
}

const TINY_PATHOLOGY_SEED = 1;
const TINY_PATHOLOGY_SIZES = { train: 2000, validation: 200, test: 500 } as const;

/** A sample together with the tissue that it shows. */
export interface TissueSample extends Sample {
  readonly tissue: Tissue;
}

function describeSample(seed: number, imageId: string, tissue: Tissue): TissueSample {
  const stream = (part: string) => randomStream(seed, 'tiny-pathology', imageId, part);
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

const GENERATOR: Generator<Tissue, TissueSample> = {
  name: 'tiny-pathology',
  largestSizes: { train: 100_000, validation: 1500, test: 1500 }, // of about 2,000 contents in each held-out split
  draw: drawTissue,
  contentKey,
  describe: describeSample,
};

/**
 * The three splits of tiny-pathology. Equal options give equal bits on every machine.
 * Throws RangeError for a split size that is not an integer from 0 to 100,000 (train) or 1,500.
 */
export function generateTinyPathology({
  seed = TINY_PATHOLOGY_SEED,
  sizes = TINY_PATHOLOGY_SIZES,
}: TinyPathologyOptions = {}): Readonly<Record<SplitName, readonly TissueSample[]>> {
  return generateSplits(GENERATOR, seed, sizes);
}
