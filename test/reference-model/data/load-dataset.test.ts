import { describe, expect, test } from 'vitest';
import type { Sample, SplitName } from '../../../reference-model/data/dataset.js';
import { fingerprintOf } from '../../../reference-model/data/fingerprint.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import { openSource } from '../../../reference-model/data/open-source.js';
import { cardOf, type EmbeddedDataSetName } from '../../../reference-model/data/registry.js';
import { verifySource } from '../../../reference-model/data/verification/verify-source.js';

const sizes = { train: 3, validation: 1, test: 2 };
type Splits = Record<SplitName, readonly Sample[]>;

describe('loading by name', () => {
  test('gives a generated data set without any file', async () => {
    const { name, splits } = await loadDataSet({ name: 'tiny-scenes', tinyScenes: { sizes } });
    expect(name).toBe('tiny-scenes');
    expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([3, 1, 2]);
  });

  test('gives a data set from its folder and asks for the folder', async () => {
    const { splits } = await loadDataSet({ name: 'easy-vqa', root: 'test/fixtures/easy-vqa' });
    expect(splits.test).toHaveLength(3);
    await expect(loadDataSet({ name: 'easy-vqa' })).rejects.toThrow(
      'The data set easy-vqa is read from disk: give the folder that holds it (--data-root).',
    );
  });
});

describe('the fingerprint', () => {
  const changed = async (change: (sample: Sample) => Sample): Promise<boolean> => {
    const { fingerprint, splits } = await loadDataSet({ name: 'tiny-scenes', tinyScenes: { sizes } });
    const train = splits.train.map((sample, index) => (index === 1 ? change(sample) : sample));
    return fingerprintOf({ ...splits, train } as Splits) !== fingerprint;
  };

  test('stays when nothing changes', async () => {
    expect(await changed((sample) => ({ ...sample }))).toBe(false);
  });

  test('changes with a pixel, a caption, a question, an answer, and with text moved from one caption to the next', async () => {
    const pixels = (sample: Sample) => {
      const copy = sample.image.pixels.slice();
      copy[5]! ^= 1;
      return { ...sample, image: { ...sample.image, pixels: copy } };
    };
    const [a, b, ...others] = ['ab', 'c', 'd', 'e', 'f'];
    expect(await changed(pixels)).toBe(true);
    expect(await changed((sample) => ({ ...sample, humanCaptions: sample.humanCaptions.slice(1) }))).toBe(true);
    expect(await changed((sample) => ({ ...sample, aiCaptions: ['a circle.'] }))).toBe(true);
    expect(await changed((sample) => ({ ...sample, questions: sample.questions.slice(1) }))).toBe(true);
    const captioned = (captions: readonly string[]): Splits => {
      const sample: Sample = {
        imageId: '1',
        image: { width: 1, height: 1, pixels: new Uint8Array(3) },
        humanCaptions: captions,
        aiCaptions: [],
        questions: [],
      };
      return { train: [sample], validation: [], test: [] };
    };
    expect(fingerprintOf(captioned([a!, b!, ...others]))).not.toBe(fingerprintOf(captioned(['a', 'bc', ...others])));
  });
});

const verifyDataSet = async ({ name, root }: { name: EmbeddedDataSetName; root?: string }) =>
  verifySource(await openSource(name, root === undefined ? {} : { root }), cardOf(name));

describe('verification', () => {
  test('finds the generated data set unchanged', async () => {
    const { differences, fingerprint } = await verifyDataSet({ name: 'tiny-scenes' });
    expect(differences).toEqual([]);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('names every difference of an incomplete copy', async () => {
    const { differences, fingerprint } = await verifyDataSet({ name: 'easy-vqa', root: 'test/fixtures/easy-vqa' });
    const expected = cardOf('easy-vqa').fingerprint;
    expect(differences).toEqual([
      'The train split has 5 images instead of 3600',
      'The train split has 25 questions instead of 34707',
      'The validation split has 1 images instead of 400',
      'The validation split has 5 questions instead of 3868',
      'The test split has 3 images instead of 1000',
      'The test split has 15 questions instead of 9673',
      `The fingerprint is ${fingerprint} instead of ${expected}`,
    ]);
  });

  test.skipIf(process.env.EASY_VQA_ROOT === undefined)('finds a complete copy of easy-VQA unchanged', async () => {
    const { differences } = await verifyDataSet({ name: 'easy-vqa', root: process.env.EASY_VQA_ROOT! });
    expect(differences).toEqual([]);
  });
});
