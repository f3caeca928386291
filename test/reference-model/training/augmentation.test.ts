import { describe, expect, it } from 'vitest';
import type { Stage } from '../../../reference-model/recipe/recipe.js';
import { asViewed, mirrored, shifted, withViews } from '../../../reference-model/training/augmentation.js';
import type { Example } from '../../../reference-model/training/examples.js';

/** Pixel value = 10 × row + column, in all channels. */
const numbered = {
  width: 4,
  height: 3,
  pixels: Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => 10 * Math.floor(i / 12) + (Math.floor(i / 3) % 4)),
};
const grey = ({ pixels }: { pixels: Uint8Array }) => Array.from(pixels).filter((_, i) => i % 3 === 0);

const stage: Stage = {
  name: 'adapt',
  steps: 10,
  trainable: ['connector'],
  learningRate: { connector: 1e-3 },
  mixture: { questions: 1 },
  attentionMask: 'causal',
};
const example: Example = {
  id: 'one',
  source: 'questions',
  sample: { imageId: 'one', image: numbered, humanCaptions: [], aiCaptions: [], questions: [] },
  prompt: 'what?',
  answer: 'this',
};
const examples = Array.from({ length: 200 }, () => example);

describe('shifted', () => {
  it('moves every pixel and repeats the edge where nothing was', () => {
    expect(grey(shifted(numbered, { right: 1, down: 0 }))).toEqual([0, 0, 1, 2, 10, 10, 11, 12, 20, 20, 21, 22]);
    expect(grey(shifted(numbered, { right: -2, down: 1 }))).toEqual([2, 3, 3, 3, 2, 3, 3, 3, 12, 13, 13, 13]);
  });
});

describe('mirrored', () => {
  it('exchanges left and right, and is undone by itself', () => {
    expect(grey(mirrored(numbered))).toEqual([3, 2, 1, 0, 13, 12, 11, 10, 23, 22, 21, 20]);
    expect(mirrored(mirrored(numbered))).toEqual(numbered);
  });
});

describe('views of images', () => {
  it('gives the examples themselves where the stage names no change', () => {
    expect(withViews(examples, stage, { seed: 1, step: 0 })).toBe(examples);
  });

  it('draws every offset up to the shift, the same ones for the same seed and step only', () => {
    const views = (step: number) =>
      asViewed(withViews(examples, { ...stage, imageShift: 1 }, { seed: 1, step })).map(({ sample }) =>
        grey(sample.image).join(),
      );
    const possible = [-1, 0, 1].flatMap((right) =>
      [-1, 0, 1].map((down) => grey(shifted(numbered, { right, down })).join()),
    );
    expect(new Set(views(0))).toEqual(new Set(possible));
    expect(views(0)).toEqual(views(0));
    expect(views(0)).not.toEqual(views(1));
    expect(grey(numbered)).toEqual([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
  });

  it('mirrors about half of the images, and the texts about an image that follow each other alike', () => {
    const samples = Array.from({ length: 100 }, (_, i) => ({ ...example.sample, imageId: String(i) }));
    const captioned = samples.flatMap((sample) =>
      [1, 2].map((): Example => ({ ...example, sample, source: 'human-captions' })),
    );
    const views = asViewed(
      withViews(captioned, { ...stage, captionsPerImage: 2, imageMirror: true }, { seed: 1, step: 0 }),
    );
    const both = [numbered, mirrored(numbered)].map(grey).map(String);
    const seen = views.map(({ sample }) => String(grey(sample.image)));
    expect(new Set(seen)).toEqual(new Set(both));
    const count = seen.filter((view) => view === both[1]).length;
    expect(count).toBeGreaterThan(60);
    expect(count).toBeLessThan(140);
    for (let i = 0; i < seen.length; i += 2) expect(views[i + 1]!.sample).toBe(views[i]!.sample);
  });
});
