/**
 * Generates tiny-scenes-2: scenes as those of tiny-scenes, with the words of each cell, a probe split for curves that decide, and a test
 * split that the first version's verdicts did not see. Its train and validation contents are of the same parts of all contents.
 */
import type { CellWords, Splits } from '../dataset.js';
import { contentsOfSplit, type Generator, generateSplits, type SplitSizes, secondSplitOf } from '../generated-split.js';
import { cellOf } from '../places.js';
import {
  describeScene,
  type SceneSample,
  TINY_SCENES,
  TINY_SCENES_SEED,
  TINY_SCENES_SIZES,
} from '../tiny-scenes/generate.js';
import { contentKey, drawScene, type Scene } from '../tiny-scenes/scene.js';

export const TINY_SCENES_2_SIZES = { train: 4000, validation: 800, test: 800, probe: 400 } as const;

/** Size, colour and shape of the object of each cell. */
export function sceneWords({ objects }: Scene): CellWords {
  return [0, 1].map((row) =>
    [0, 1].map((column) =>
      objects
        .filter(({ place }) => cellOf(place).row === row && cellOf(place).column === column)
        .flatMap(({ size, color, shape }) => [size, color, shape]),
    ),
  );
}

function generator(): Generator<Scene, SceneSample> {
  // Scenes of one object are too few to be left out: they come again, drawn anew.
  const tested = contentsOfSplit(TINY_SCENES, TINY_SCENES_SEED, 'test', TINY_SCENES_SIZES.test);
  const excluded = new Set(tested.filter(({ objects }) => objects.length > 1).map(contentKey));
  return {
    name: 'tiny-scenes-2',
    largestSizes: { train: 100_000, validation: 100_000, test: 50_000, probe: 50_000 },
    draw: drawScene,
    contentKey,
    splitOf: (scene) => secondSplitOf('tiny-scenes', contentKey(scene), { testedBefore: (key) => excluded.has(key) }),
    describe: (seed, imageId, scene) => ({
      ...describeScene('tiny-scenes-2', seed, imageId, scene),
      words: sceneWords(scene),
    }),
  };
}

/**
 * The four splits of tiny-scenes-2. Equal options give equal bits on every machine.
 * Throws RangeError for a split size that is not an integer from 0 to 50,000.
 */
export function generateTinyScenes2({
  seed = 2,
  sizes = TINY_SCENES_2_SIZES,
}: {
  readonly seed?: number;
  readonly sizes?: SplitSizes;
} = {}): Splits<SceneSample> {
  return generateSplits(generator(), seed, sizes);
}
