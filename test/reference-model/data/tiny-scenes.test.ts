import { describe, expect, test } from 'vitest';
import type { SplitName } from '../../../reference-model/data/dataset.js';
import { fingerprintOf } from '../../../reference-model/data/fingerprint.js';
import { cardOf } from '../../../reference-model/data/registry.js';
import type { SceneSample } from '../../../reference-model/data/tiny-scenes/generate.js';
import { generateTinyScenes } from '../../../reference-model/data/tiny-scenes/generate.js';
import { COLOR_NAMES, SHAPE_NAMES, SIZE_NAMES } from '../../../reference-model/data/tiny-scenes/phrases.js';
import type { Scene } from '../../../reference-model/data/tiny-scenes/scene.js';
import { contentKey } from '../../../reference-model/data/tiny-scenes/scene.js';

const splits = generateTinyScenes();
const everySample = [...splits.train, ...splits.validation, ...splits.test];

/** Reads a machine's caption back; knows nothing of the generator but the sentence's form. */
function parseAiCaption(caption: string): unknown {
  expect(caption).toMatch(/[^.]\.$/);
  return caption
    .slice(0, -1)
    .split(/, | and /)
    .map((part) => {
      const match = /^a (small|large) (\w+) (\w+) in the ((?:top|bottom) (?:left|right))$/.exec(part);
      if (match === null) throw new Error(`not an object: ${part}`);
      const [, size, color, shape, place] = match;
      return { shape, color, size, place };
    });
}

/** The proper names that occur in a caption, in their order; synonyms longest first so that "tilted square" is no square. */
function named(caption: string, names: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const synonyms = Object.entries(names).flatMap(([name, words]) => words.map((word) => ({ name, word })));
  const byWord = new Map(synonyms.map(({ name, word }) => [word, name]));
  const longestFirst = [...byWord.keys()].sort((a, b) => b.length - a.length);
  const found = caption.match(new RegExp(`\\b(?:${longestFirst.join('|')})\\b`, 'g')) ?? [];
  return found.map((word) => byWord.get(word)!);
}

describe('the data set', () => {
  test('has the golden fingerprint', () => {
    // After a wanted change of the generator, copy the value that this test prints into catalog.ts.
    expect(fingerprintOf(splits)).toBe(cardOf('tiny-scenes').fingerprint);
  });

  test('depends on the seed alone', () => {
    const sizes = { train: 20, validation: 5, test: 5 };
    const fingerprint = (seed: number) => fingerprintOf(generateTinyScenes({ seed, sizes }));
    expect(fingerprint(3)).toBe(fingerprint(3));
    expect(fingerprint(3)).not.toBe(fingerprint(4));
  });

  test('is a prefix of a larger one of the same seed', () => {
    const small = generateTinyScenes({ sizes: { train: 10, validation: 3, test: 3 } });
    for (const split of ['train', 'validation', 'test'] as const) {
      expect(small[split]).toEqual(splits[split].slice(0, small[split].length));
    }
  });

  test('shows no content of one split in another', () => {
    const contents = (split: SplitName) => new Set(splits[split].map(({ scene }) => contentKey(scene)));
    const [train, validation, held] = [contents('train'), contents('validation'), contents('test')];
    expect([...validation].filter((key) => train.has(key))).toEqual([]);
    expect([...held].filter((key) => train.has(key) || validation.has(key))).toEqual([]);
    expect(validation.size).toBe(splits.validation.length);
    expect(held.size).toBe(splits.test.length);
  });

  test('names every image and question once', () => {
    const imageIds = everySample.map(({ imageId }) => imageId);
    const questionIds = everySample.flatMap(({ questions }) => questions.map(({ questionId }) => questionId));
    expect(new Set(imageIds).size).toBe(imageIds.length);
    expect(new Set(questionIds).size).toBe(questionIds.length);
  });

  test('refuses a split size that is no count', () => {
    const sizes = { train: 10, validation: -1, test: 3 };
    expect(() => generateTinyScenes({ sizes })).toThrow(
      'tiny-scenes: the validation split needs 0 to 100000 images, got -1.',
    );
  });
});

describe('captions', () => {
  test("the machine's caption says exactly what the scene holds", () => {
    for (const { aiCaptions, scene } of everySample) {
      expect(aiCaptions).toHaveLength(1);
      expect(parseAiCaption(aiCaptions[0]!)).toEqual(scene.objects);
    }
  });

  test('five people never write the same caption about one scene', () => {
    for (const { humanCaptions } of everySample) expect(new Set(humanCaptions).size).toBe(5);
  });

  test('people name what is there, with few mistakes, and leave things out', () => {
    const share = (
      count: (caption: string, scene: Scene) => number,
      whole: (caption: string, scene: Scene) => number,
    ) => {
      let part = 0;
      let all = 0;
      for (const { humanCaptions, scene } of splits.train) {
        for (const caption of humanCaptions) {
          part += count(caption, scene);
          all += whole(caption, scene);
        }
      }
      return part / all;
    };
    const without = (caption: string) => caption.replace('on a gray background', '').replace('against gray', '');
    const shapes = (caption: string) => named(without(caption), SHAPE_NAMES);
    const colors = (caption: string) => named(without(caption), COLOR_NAMES);
    const wrong = (names: readonly string[], present: readonly string[]) =>
      names.filter((name) => !present.includes(name)).length;

    const wrongShapes = share(
      (caption, scene) =>
        wrong(
          shapes(caption),
          scene.objects.map(({ shape }) => shape),
        ),
      (caption) => shapes(caption).length,
    );
    const wrongColors = share(
      (caption, scene) =>
        wrong(
          colors(caption),
          scene.objects.map(({ color }) => color),
        ),
      (caption) => colors(caption).length,
    );
    const objectsNamed = share(
      (caption) => shapes(caption).length,
      (_, scene) => scene.objects.length,
    );
    const sizesNamed = share(
      (caption) => named(without(caption), SIZE_NAMES).length,
      (caption) => shapes(caption).length,
    );
    expect(wrongShapes).toBeGreaterThan(0.005);
    expect(wrongShapes).toBeLessThan(0.03);
    expect(wrongColors).toBeGreaterThan(0.005);
    expect(wrongColors).toBeLessThan(0.03);
    expect(objectsNamed).toBeGreaterThan(0.88);
    expect(objectsNamed).toBeLessThan(0.97);
    expect(sizesNamed).toBeGreaterThan(0.3);
    expect(sizesNamed).toBeLessThan(0.5);
  });

  test("human captions vary far more than the machine's", () => {
    const shareOfDistinct = (captions: readonly string[]) => new Set(captions).size / captions.length;
    const withTwoObjects = splits.train.filter(({ scene }) => scene.objects.length === 2);
    const openings = (texts: readonly string[]) =>
      new Set(texts.map((text) => text.split(' ').slice(0, 2).join(' '))).size;
    const human = withTwoObjects.map(({ humanCaptions }: SceneSample) => humanCaptions[0]!);
    const machine = withTwoObjects.map(({ aiCaptions }: SceneSample) => aiCaptions[0]!);
    expect(shareOfDistinct(human)).toBeGreaterThan(0.9);
    expect(openings(machine)).toBe(2); // "a small" and "a large"
    expect(openings(human)).toBeGreaterThan(50);
  });
});
