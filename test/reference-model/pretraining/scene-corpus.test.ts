import { describe, expect, test } from 'vitest';
import { generateTinyScenes } from '../../../reference-model/data/tiny-scenes/generate.js';
import { contentKey, splitOf } from '../../../reference-model/data/tiny-scenes/scene.js';
import {
  CELL_CLASSES,
  cellLabels,
  languageExample,
  visionExample,
} from '../../../reference-model/pretraining/scene-corpus.js';

const { validation, test: heldOut } = generateTinyScenes();

describe('the vision stream', () => {
  const examples = Array.from({ length: 500 }, (_, index) => visionExample(5, index));

  test('never shows a scene of the validation or test split', () => {
    const held = new Set([...validation, ...heldOut].map(({ scene }) => contentKey(scene)));
    expect(examples.filter(({ scene }) => held.has(contentKey(scene)) || splitOf(scene) !== 'train')).toEqual([]);
  });

  test('gives the same example for the same seed and index, others for others', () => {
    expect(visionExample(5, 17)).toEqual(examples[17]);
    expect(visionExample(6, 17)).not.toEqual(examples[17]);
    expect(new Set(examples.map(({ scene }) => contentKey(scene))).size).toBeGreaterThan(400);
  });

  test('uses every class of every label', () => {
    for (const label of ['shape', 'color', 'size'] as const) {
      const seen = new Set(examples.flatMap(({ cells }) => cells.map((cell) => cell[label])));
      expect([...seen].sort()).toEqual(Array.from({ length: CELL_CLASSES[label] }, (_, index) => index));
    }
  });
});

test('cell labels are in reading order, 0 for an empty cell', () => {
  const objects = [
    { shape: 'square', color: 'red', size: 'large', place: 'top right' },
    { shape: 'ring', color: 'black', size: 'small', place: 'bottom left' },
  ] as const;
  const empty = { shape: 0, color: 0, size: 0 };
  expect(cellLabels({ objects })).toEqual([
    empty,
    { shape: 2, color: 1, size: 2 },
    { shape: 6, color: 8, size: 1 },
    empty,
  ]);
});

describe('the language stream', () => {
  const examples = Array.from({ length: 600 }, (_, index) => languageExample(5, index));

  test('is a function of seed and index', () => {
    expect(languageExample(5, 3)).toEqual(examples[3]);
  });

  test('mixes the three sources, half of it questions; only questions have a prompt', () => {
    for (const source of ['human-captions', 'ai-captions', 'questions'] as const) {
      expect(examples.filter((example) => example.source === source).length).toBeGreaterThan(110);
    }
    for (const { source, prompt, answer } of examples) {
      expect(prompt === '').toBe(source !== 'questions');
      expect(answer).not.toBe('');
    }
  });

  test('puts notes before most texts: the words of every object, and nothing else', () => {
    const noted = examples.filter(({ notes }) => notes !== '');
    expect(noted.length / examples.length).toBeGreaterThan(0.7);
    expect(noted.length).toBeLessThan(examples.length);
    const words = (text: string) => text.replace(/[,.]/g, '').split(' ').sort();
    const glue = new Set(['a', 'in', 'the', 'and']);
    for (const { source, notes, answer } of noted) {
      if (source !== 'ai-captions') continue;
      expect(words(notes)).toEqual(words(answer).filter((word) => !glue.has(word)));
    }
  });

  test("never tells a held-out scene's full description", () => {
    const held = new Set([...validation, ...heldOut].map(({ aiCaptions }) => aiCaptions[0]));
    const told = examples.filter(({ source }) => source === 'ai-captions').map(({ answer }) => answer);
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((caption) => held.has(caption))).toEqual([]);
  });
});
