/** What a run has learned, against hand-made captions and a chance that is counted over every pair of images. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Prediction } from '../../../harness/records/predictions.js';
import { learntParts } from '../../../harness/verdict/learnt-parts.js';
import { aiCaption } from '../../../reference-model/data/tiny-scenes/captions.js';
import { readSceneCaption } from '../../../reference-model/data/tiny-scenes/read-caption.js';
import { drawScene, type Scene } from '../../../reference-model/data/tiny-scenes/scene.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

const caption = (reference: string, text: string, imageId = reference): Prediction => ({
  type: 'caption',
  style: 'ai-captions',
  imageId,
  prompt: 'describe',
  text,
  references: [reference],
  score: 0,
});
const scenes = (seed: number, count: number): readonly Scene[] => {
  const stream = randomStream(seed, 'learnt parts');
  return Array.from({ length: count }, () => drawScene(stream));
};
const partsOf = (predictions: readonly Prediction[]) =>
  Object.fromEntries(learntParts(predictions).map(({ part, ...rest }) => [part, rest]));

test('the machine’s captions are read back into the objects that they were made of', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const [scene] = scenes(seed, 1);
      expect(readSceneCaption(aiCaption(scene!))).toEqual(scene!.objects);
    }),
  );
});

describe('the attributes of captioned objects', () => {
  test('are right one by one', () => {
    const truth = 'a small red circle in the top left and a large blue ring in the bottom right.';
    const said =
      'a small red square in the top left, a large blue ring in the top right and a small red ring in the bottom left.';
    const other = 'a small red circle in the top left.';
    const { shape, color, size, place, count } = partsOf([caption(truth, said), caption(other, other)]);
    expect([shape, color, size, place, count].map((part) => part!.accuracy)).toEqual([
      1 / 3,
      2 / 3,
      2 / 3,
      2 / 3,
      1 / 2,
    ]);
  });

  test('are all right in true captions, and at chance in those of other images', () => {
    const drawn = scenes(5, 24);
    const parts = partsOf(drawn.map((scene, index) => caption(aiCaption(scene), aiCaption(scene), `${index}`)));
    expect(Object.values(parts).map(({ accuracy }) => accuracy)).toEqual([1, 1, 1, 1, 1]);
    // Over every pair of images, counted by the same rule as answers.
    const others = drawn.flatMap((scene, index) =>
      drawn.flatMap((other, from) =>
        from === index ? [] : [caption(aiCaption(scene), aiCaption(other), `${index}-${from}`)],
      ),
    );
    for (const [part, { accuracy }] of Object.entries(partsOf(others))) {
      expect(parts[part]!.chance).toBeCloseTo(accuracy, 12);
    }
  });

  test('are not told of captions about anything else', () => {
    expect(learntParts([caption('an eosin stain.', 'an eosin stain.'), caption('fat.', 'fat.')])).toEqual([]);
  });
});

test('answers are told by type and kind of question, beside the most common answer', () => {
  const answer = (questionType: string, kind: 'open' | 'yes/no', expected: string, correct: boolean): Prediction => ({
    type: 'answer',
    questionId: `${questionType} ${expected} ${correct}`,
    imageId: 'i',
    kind,
    questionType,
    question: 'q',
    expected,
    text: correct ? expected : 'x',
    correct,
  });
  const told = learntParts([
    answer('stain', 'open', 'dab', true),
    answer('stain', 'open', 'dab', false),
    answer('stain', 'open', 'silver', true),
    answer('stain', 'yes/no', 'yes', false),
    answer('shape', 'open', 'round', true),
  ]);
  expect(told.map(({ part, accuracy, chance, count }) => [part, accuracy, chance, count])).toEqual([
    ['stain', 2 / 3, 2 / 3, 3],
    ['stain (yes/no)', 0, 1, 1],
    ['shape', 1, 1, 1],
  ]);
});
