import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { disposeModel } from '../../../reference-model/model/model.js';
import type { RunConfig, Stage } from '../../../reference-model/recipe/recipe.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import {
  type DataSets,
  dataSetNames,
  trainingSamples,
  withQuestionsAbout,
} from '../../../reference-model/training/stage-data.js';
import { train } from '../../../reference-model/training/train.js';
import { tinyData, tinyRun } from './tiny-run.js';

/** Only names and ids matter here. */
const named = (name: string, images: number): DataSet<Sample> => {
  const train = Array.from({ length: images }, (_, index) => ({
    imageId: `${index}`,
    image: { width: 1, height: 1, pixels: new Uint8Array(3) },
    humanCaptions: [],
    aiCaptions: [],
    questions: [],
  }));
  return { name, fingerprint: name, splits: { train, validation: [], test: [] } };
};
const ids = (data: DataSet<Sample>, trainingShare: number, seed: number): readonly string[] =>
  trainingSamples(data, { trainingShare }, seed).map(({ imageId }) => imageId);

describe('the training share', () => {
  it('holds its share of the images, in their order, and every smaller share of the seed', () => {
    const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.integer({ min: 1, max: 300 }), fc.nat(), (one, other, images, seed) => {
        const data = named('tiny-scenes', images);
        const [small, large] = [ids(data, Math.min(one, other), seed), ids(data, Math.max(one, other), seed)];
        expect(small).toHaveLength(Math.max(1, Math.round(Math.min(one, other) * images)));
        expect(small.map(Number)).toEqual(small.map(Number).sort((a, b) => a - b));
        expect(new Set([...small, ...large]).size).toBe(large.length);
      }),
    );
  });

  it('is everything where a stage says nothing, or says 1', () => {
    const data = named('tiny-scenes', 50);
    expect(trainingSamples(data, {}, 3)).toEqual(data.splits.train);
    expect(ids(data, 1, 3)).toEqual(ids(data, 1, 4));
  });

  it('differs between seeds and data sets, and is drawn evenly', () => {
    const data = named('tiny-scenes', 100);
    expect(ids(data, 0.2, 1)).not.toEqual(ids(data, 0.2, 2));
    expect(ids(data, 0.2, 1)).not.toEqual(ids(named('easy-vqa', 100), 0.2, 1));
    const drawn = Array.from({ length: 200 }, (_, seed) => ids(data, 0.2, seed)).flat();
    // Each image is drawn by 40 of 200 seeds in the mean, with a binomial deviation of 5.7: five of them either way.
    for (let image = 0; image < 100; image++) {
      const times = drawn.filter((id) => id === `${image}`).length;
      expect(Math.abs(times - 40)).toBeLessThan(5 * 5.7);
    }
  });
});

describe('questions about chosen topics', () => {
  const asked = ['shape', 'color', undefined, 'shape'].map((questionType, index) => ({
    questionId: `${index}`,
    question: 'what?',
    answer: 'that',
    kind: 'open' as const,
    ...(questionType === undefined ? {} : { questionType }),
  }));
  const samples = named('tiny-scenes', 2).splits.train.map((sample) => ({ ...sample, questions: asked }));

  it('are kept and no others, on every image', () => {
    const kept = withQuestionsAbout(samples, ['shape']).map(({ questions }) =>
      questions.map(({ questionId }) => questionId),
    );
    expect(kept).toEqual([
      ['0', '3'],
      ['0', '3'],
    ]);
  });

  it('are all where no topic is named', () => {
    expect(withQuestionsAbout(samples, undefined)).toBe(samples);
  });
});

describe('the data sets of a run', () => {
  const [align, joint] = tinyRun().recipe.stages as [Stage, Stage];
  const run = (...stages: readonly Stage[]): RunConfig => tinyRun({ stages });

  it('are the evaluated one and those of the stages that have steps, each once', () => {
    expect(dataSetNames(run(align, joint))).toEqual(['tiny-scenes']);
    expect(dataSetNames(run({ ...align, data: 'easy-vqa' }, { ...joint, data: 'easy-vqa' }))).toEqual([
      'tiny-scenes',
      'easy-vqa',
    ]);
    expect(dataSetNames(run({ ...align, data: 'tiny-pathology', steps: 0 }, joint))).toEqual(['tiny-scenes']);
  });

  const trained = async (config: RunConfig, data: DataSets) => {
    const events: TrainingEvent[] = [];
    const model = await train({
      config,
      data,
      saveCheckpoint: async () => {},
      onEvent: (event) => events.push(event),
      signal: new AbortController().signal,
    });
    const weights = [...model.parameters.values()].map(({ variable }) => variable.dataSync().slice());
    disposeModel(model);
    return { weights, events };
  };
  let scenes: DataSet<Sample>;
  let others: DataSet<Sample>;

  beforeAll(async () => {
    await activateEngine('wasm');
    scenes = await tinyData();
    const tinyScenes = { seed: 99, sizes: { train: 40, validation: 16, test: 16 } };
    others = { ...(await loadDataSet({ name: 'tiny-scenes', tinyScenes })), name: 'easy-vqa' };
  });

  it('are trained and validated on stage by stage', async () => {
    const elsewhere: Stage = { ...joint, data: 'easy-vqa' };
    const both = await trained(run(align, elsewhere), { 'tiny-scenes': scenes, 'easy-vqa': others });
    const whole = await trained(run(align, joint), { 'tiny-scenes': scenes });
    // As if the second stage's data set had been the only one, from the moment that stage begins.
    const [first, second] = [both.events.filter(({ step }) => step <= 3), both.events.filter(({ step }) => step > 3)];
    expect(first).toEqual(whole.events.filter(({ step }) => step <= 3));
    expect(second).not.toEqual(whole.events.filter(({ step }) => step > 3));
    const swapped = await trained(
      { ...run({ ...align, data: 'tiny-scenes' }, joint), data: { name: 'easy-vqa' } },
      { 'tiny-scenes': scenes, 'easy-vqa': others },
    );
    expect(swapped).toEqual(both);
  });

  it('train the same bits on a share of a data set as on a data set of that share only', async () => {
    const stage: Stage = { ...joint, trainingShare: 0.25 };
    const shared = await trained(run(stage), { 'tiny-scenes': scenes });
    const train = trainingSamples(scenes, stage, tinyRun().seed);
    expect(train).toHaveLength(10);
    const small = { ...scenes, splits: { ...scenes.splits, train } };
    expect(await trained(run(joint), { 'tiny-scenes': small })).toEqual(shared);
  });

  it('that were not loaded are named', async () => {
    await expect(trained(run({ ...align, data: 'easy-vqa' }), { 'tiny-scenes': scenes })).rejects.toThrow(
      'The run needs the data set easy-vqa, which was not loaded for it.',
    );
  });
});
