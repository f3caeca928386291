/**
 * Generates the tiny-scenes data set: scenes, their images, captions and questions, from one seed.
 */
import { randomStream } from '../../numerics/random.js';
import type { Sample, SplitName, Splits } from '../dataset.js';
import { type Generator, generateSplits } from '../generated-split.js';
import { aiCaption, humanCaptions } from './captions.js';
import { sceneQuestions } from './questions.js';
import { renderScene } from './render.js';
import type { Scene } from './scene.js';
import { contentKey, drawScene, splitOf } from './scene.js';

export interface TinyScenesOptions {
  readonly seed?: number;
  /** Images per split. */
  readonly sizes?: Readonly<Record<SplitName, number>>;
}

export const TINY_SCENES_SEED = 1;
export const TINY_SCENES_SIZES = { train: 4000, validation: 400, test: 600 } as const;

/** A sample together with the scene that it shows. */
export interface SceneSample extends Sample {
  readonly scene: Scene;
}

/** @param name of the data set, whose streams decide wording and noise */
export function describeScene(name: string, seed: number, imageId: string, scene: Scene): SceneSample {
  const stream = (part: string) => randomStream(seed, name, imageId, part);
  return {
    imageId,
    scene,
    image: renderScene(scene, stream('image')),
    humanCaptions: humanCaptions(scene, stream('human captions')),
    aiCaptions: [aiCaption(scene)],
    questions: sceneQuestions(scene, stream('questions')).map((question, index) => ({
      questionId: `${imageId}-${index + 1}`,
      ...question,
    })),
  };
}

export const TINY_SCENES: Generator<Scene, SceneSample> = {
  name: 'tiny-scenes',
  largestSizes: { train: 100_000, validation: 100_000, test: 100_000 },
  draw: drawScene,
  contentKey,
  splitOf,
  describe: (seed, imageId, scene) => describeScene('tiny-scenes', seed, imageId, scene),
};

/**
 * The three splits of tiny-scenes. Equal options give equal bits on every machine.
 * Throws RangeError for a split size that is not an integer from 0 to 100,000.
 */
export function generateTinyScenes({
  seed = TINY_SCENES_SEED,
  sizes = TINY_SCENES_SIZES,
}: TinyScenesOptions = {}): Splits<SceneSample> {
  return generateSplits(TINY_SCENES, seed, sizes);
}
