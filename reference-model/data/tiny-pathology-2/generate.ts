/**
 * Generates tiny-pathology-2: tissue as that of tiny-pathology, with a report as its caption, the words of each cell, a probe split for
 * curves that decide, and a test split that the first version's verdicts did not see.
 */
import type { Splits } from '../dataset.js';
import { contentsOfSplit, type Generator, generateSplits, type SplitSizes, secondSplitOf } from '../generated-split.js';
import {
  describeTissue,
  TINY_PATHOLOGY,
  TINY_PATHOLOGY_SEED,
  TINY_PATHOLOGY_SIZES,
  type TissueSample,
} from '../tiny-pathology/generate.js';
import { contentKey, drawTissue, type Tissue } from '../tiny-pathology/tissue.js';
import { report, tissueWords } from './report.js';

export const TINY_PATHOLOGY_2_SIZES = { train: 2000, validation: 400, test: 500, probe: 400 } as const;

function generator(): Generator<Tissue, TissueSample> {
  const tested = contentsOfSplit(TINY_PATHOLOGY, TINY_PATHOLOGY_SEED, 'test', TINY_PATHOLOGY_SIZES.test);
  const excluded = new Set(tested.map(contentKey));
  return {
    name: 'tiny-pathology-2',
    largestSizes: { train: 100_000, validation: 1500, test: 600, probe: 600 }, // of about 750 contents in each of the last two
    draw: drawTissue,
    contentKey,
    splitOf: (tissue) =>
      secondSplitOf('tiny-pathology', contentKey(tissue), { testedBefore: (key) => excluded.has(key) }),
    describe: (seed, imageId, tissue) => ({
      ...describeTissue('tiny-pathology-2', seed, imageId, tissue),
      aiCaptions: [report(tissue)],
      words: tissueWords(tissue),
    }),
  };
}

/**
 * The four splits of tiny-pathology-2. Equal options give equal bits on every machine.
 * Throws RangeError for a split size that is not an integer from 0 to the largest of the split.
 */
export function generateTinyPathology2({
  seed = 2,
  sizes = TINY_PATHOLOGY_2_SIZES,
}: {
  readonly seed?: number;
  readonly sizes?: SplitSizes;
} = {}): Splits<TissueSample> {
  return generateSplits(generator(), seed, sizes);
}
