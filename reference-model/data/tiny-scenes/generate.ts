/**
 * Generates the tiny-scenes data set: scenes, their images, captions and questions, from one seed. A scene's content
 * decides its split (see `splitOf`), and in the held-out splits no content comes twice, so every test image is new.
 */
import { randomStream } from '../../numerics/random.js';
import type { Sample, SplitName } from '../dataset.js';
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

const TINY_SCENES_SEED = 1;
const TINY_SCENES_SIZES = { train: 4000, validation: 400, test: 600 } as const;
const LARGEST_SPLIT = 100_000; // keeps image names sortable and the search for unused held-out contents short

/** A sample together with the scene that it shows. */
export interface SceneSample extends Sample {
  readonly scene: Scene;
}

function describeSample(seed: number, imageId: string, scene: Scene): SceneSample {
  const stream = (part: string) => randomStream(seed, 'tiny-scenes', imageId, part);
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

function generateSplit(seed: number, split: SplitName, size: number): readonly SceneSample[] {
  if (!Number.isInteger(size) || size < 0 || size > LARGEST_SPLIT) {
    throw new RangeError(`tiny-scenes: the ${split} split needs 0 to ${LARGEST_SPLIT} images, got ${size}.`);
  }
  const scenes = randomStream(seed, 'tiny-scenes', split, 'scenes');
  const used = new Set<string>();
  const samples: SceneSample[] = [];
  while (samples.length < size) {
    const scene = drawScene(scenes);
    const key = contentKey(scene);
    if (splitOf(scene) !== split || (split !== 'train' && used.has(key))) continue;
    used.add(key);
    samples.push(describeSample(seed, `${split}-${String(samples.length).padStart(5, '0')}`, scene));
  }
  return samples;
}

/**
 * The three splits of tiny-scenes. Equal options give equal bits on every machine.
 * Throws RangeError for a split size that is not an integer from 0 to 100,000.
 */
export function generateTinyScenes({
  seed = TINY_SCENES_SEED,
  sizes = TINY_SCENES_SIZES,
}: TinyScenesOptions = {}): Readonly<Record<SplitName, readonly SceneSample[]>> {
  return {
    train: generateSplit(seed, 'train', sizes.train),
    validation: generateSplit(seed, 'validation', sizes.validation),
    test: generateSplit(seed, 'test', sizes.test),
  };
}
