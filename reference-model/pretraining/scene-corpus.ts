/**
 * Endless examples for pretraining the two backbones: images with a label for each cell, and texts without images. The
 * scenes are random but never of a content that belongs to the validation or test split. Example `index` of a stream
 * is computed from the seed alone, so a stream has no state to checkpoint.
 */

import type { RasterImage } from '../data/dataset.js';
import { chance, pick } from '../data/draws.js';
import { PLACES } from '../data/places.js';
import { aiCaption, humanCaptions } from '../data/tiny-scenes/captions.js';
import { sceneQuestions } from '../data/tiny-scenes/questions.js';
import { renderScene } from '../data/tiny-scenes/render.js';
import type { Scene } from '../data/tiny-scenes/scene.js';
import { COLORS, drawScene, SHAPES, SIZES, splitOf } from '../data/tiny-scenes/scene.js';
import { type RandomStream, randomStream } from '../numerics/random.js';
import type { Source } from '../recipe/recipe.js';

/** What is in one of the four cells; 0 means empty in each label, else 1 + the index in SHAPES, COLORS or SIZES. */
export interface CellLabels {
  readonly shape: number;
  readonly color: number;
  readonly size: number;
}

/** Number of classes of each cell label, empty included. */
export const CELL_CLASSES = {
  shape: SHAPES.length + 1,
  color: COLORS.length + 1,
  size: SIZES.length + 1,
} as const;

export interface VisionExample {
  readonly image: RasterImage;
  readonly scene: Scene;
  /** Top left, top right, bottom left, bottom right. */
  readonly cells: readonly CellLabels[];
}

/**
 * A text to be learned: an answer after its prompt. `notes` are what can be seen in the scene, in words without grammar; they
 * stand in front of the prompt where the visual tokens of an image will stand later. Plain texts have empty notes.
 */
export interface LanguageExample {
  readonly source: Exclude<Source, 'open-questions'>;
  readonly notes: string;
  /** The question; empty for captions. */
  readonly prompt: string;
  readonly answer: string;
}

/** The labels of the four cells in reading order. */
export function cellLabels(scene: Scene): readonly CellLabels[] {
  return PLACES.map((place) => {
    const object = scene.objects.find((candidate) => candidate.place === place);
    if (object === undefined) return { shape: 0, color: 0, size: 0 };
    return {
      shape: 1 + SHAPES.indexOf(object.shape),
      color: 1 + COLORS.indexOf(object.color),
      size: 1 + SIZES.indexOf(object.size),
    };
  });
}

function trainingScene(seed: number, purpose: string, index: number): Scene {
  const stream = randomStream(seed, 'tiny-scenes', purpose, index, 'scene');
  for (;;) {
    const scene = drawScene(stream);
    if (splitOf(scene) === 'train') return scene;
  }
}

/** Example `index` (from 0) of the vision stream of a seed. */
export function visionExample(seed: number, index: number): VisionExample {
  const scene = trainingScene(seed, 'vision pretraining', index);
  const image = renderScene(scene, randomStream(seed, 'tiny-scenes', 'vision pretraining', index, 'image'));
  return { image, scene, cells: cellLabels(scene) };
}

/** Every object's words in random order, objects in random order: what a picture tells, without how one says it. */
function sceneNotes(scene: Scene, stream: RandomStream): string {
  return stream
    .shuffle(scene.objects)
    .map(({ size, color, shape, place }) => stream.shuffle([size, color, shape, place]).join(' '))
    .join(', ');
}

// Half of the texts are questions: their answers are short, so they would otherwise have little weight among the tokens.
const LANGUAGE_SOURCES = ['human-captions', 'ai-captions', 'questions', 'questions'] as const;

// Share of examples that come with notes, in percent: reading what is given, rather than guessing, is what has to be learned.
const HAS_NOTES = 80;

/** Example `index` (from 0) of the language stream of a seed: a human caption, a machine's caption or a question. */
export function languageExample(seed: number, index: number): LanguageExample {
  const scene = trainingScene(seed, 'language pretraining', index);
  const stream = randomStream(seed, 'tiny-scenes', 'language pretraining', index, 'text');
  const source = pick(stream, LANGUAGE_SOURCES);
  const notes = chance(stream, HAS_NOTES) ? sceneNotes(scene, stream) : '';
  switch (source) {
    case 'human-captions':
      return { source, notes, prompt: '', answer: pick(stream, humanCaptions(scene, stream)) };
    case 'ai-captions':
      return { source, notes, prompt: '', answer: aiCaption(scene) };
    case 'questions': {
      const { question, answer } = pick(stream, sceneQuestions(scene, stream));
      return { source, notes, prompt: question, answer };
    }
    default:
      return source satisfies never;
  }
}
