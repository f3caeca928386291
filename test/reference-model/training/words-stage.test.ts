/** A stage that aligns visual tokens with words: its targets, its loss against a closed form in float64, and a run that has one. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { fingerprintOf } from '../../../reference-model/data/fingerprint.js';
import { generateTinyScenes2, sceneWords } from '../../../reference-model/data/tiny-scenes-2/generate.js';
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { createModel, disposeModel, type Model } from '../../../reference-model/model/model.js';
import { TOKEN_TABLE } from '../../../reference-model/model/parameters.js';
import { visualEmbeddings } from '../../../reference-model/model/visual-embeddings.js';
import { wordsLoss } from '../../../reference-model/model/words-loss.js';
import { ALONE, type Ranks } from '../../../reference-model/ranks/ranks.js';
import type { RunConfig, TextStage, WordsStage } from '../../../reference-model/recipe/recipe.js';
import { stageFlops } from '../../../reference-model/recipe/stage-flops.js';
import { createLearner } from '../../../reference-model/training/create-learner.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import { LeftOutImages } from '../../../reference-model/training/left-out-images.js';
import { stageWork } from '../../../reference-model/training/stage-work.js';
import { train } from '../../../reference-model/training/train.js';
import { buildWordsBatch, planImages } from '../../../reference-model/training/words-batch.js';
import { tinyRun } from './tiny-run.js';

const splits = generateTinyScenes2({ sizes: { train: 24, validation: 8, test: 4, probe: 8 } });
const data: DataSet<Sample> = { name: 'tiny-scenes-2', fingerprint: fingerprintOf(splits), splits };
const tokenizer = loadEmbeddedTokenizer({ vocabularySize: 216 });
const words: WordsStage = {
  name: 'words',
  kind: 'words',
  steps: 4,
  trainable: ['connector'],
  learningRate: { connector: 1e-2 },
};
const [align] = tinyRun().recipe.stages as readonly [TextStage];
const runOf = (stages: RunConfig['recipe']['stages']): RunConfig => ({
  ...tinyRun({ stages, validationSplit: 'probe' }),
  data: { name: 'tiny-scenes-2' },
});

beforeAll(() => activateEngine('wasm'));

describe('the targets of a words stage', () => {
  const { model } = runOf([words]);

  it('are the words of the cell that a visual token lies in', () => {
    const samples = splits.train.slice(0, 3);
    const { targets } = buildWordsBatch(samples, model, tokenizer);
    const said = Array.from(targets.rows, (row, index) => `${row} ${tokenizer.decode([targets.labels[index]!])}`);
    // Visual tokens are the 4 × 4 patches of 8 pixels; places are quarters of 16.
    const expected = samples.flatMap(({ scene }, image) =>
      Array.from({ length: 16 }, (_, token) => {
        const place = `${token < 8 ? 'top' : 'bottom'} ${token % 4 < 2 ? 'left' : 'right'}`;
        return scene.objects
          .filter((object) => object.place === place)
          .flatMap(({ size, color, shape }) => [size, color, shape].map((word) => `${image * 16 + token} ${word}`));
      }).flat(),
    );
    expect(said).toEqual(expected);
    expect(samples.map(({ words: stated }) => stated)).toEqual(samples.map(({ scene }) => sceneWords(scene)));
  });

  it('walk every image once an epoch, in an order of the seed, whatever is asked first', () => {
    const ids = (samples: readonly Sample[]) => samples.map(({ imageId }) => imageId);
    const plan = planImages(splits.train, words, 8, 5);
    const late = ids(plan.batch(4));
    const epoch = [0, 1, 2].flatMap((step) => ids(plan.batch(step)));
    expect([...epoch].sort()).toEqual(ids(splits.train).sort());
    expect(ids(planImages(splits.train, words, 8, 5).batch(4))).toEqual(late);
    expect(ids(planImages(splits.train, words, 8, 6).batch(0))).not.toEqual(epoch.slice(0, 8));
  });

  it('are single tokens, and there are some', () => {
    const [sample] = splits.train;
    const spelled = { ...sample!, words: [[['zebra']]] };
    expect(() => buildWordsBatch([spelled], model, tokenizer)).toThrow('"zebra" takes');
    const { words: _, ...silent } = sample!;
    expect(() => planImages([silent], words, 8, 1)).toThrow('Stage "words" learns words, but the data set has none');
  });
});

it('the loss is the cross-entropy of each target against the token table', () => {
  const { model: config } = runOf([words]);
  const model: Model = createModel(config, 3);
  const batch = buildWordsBatch(splits.train.slice(0, 2), config, tokenizer);
  const [embedded, table, loss] = model.inference(() => [
    visualEmbeddings(model, batch).dataSync(),
    model.weights(TOKEN_TABLE).dataSync(),
    wordsLoss(model, visualEmbeddings(model, batch), batch.targets, 0.5).dataSync()[0]!,
  ]) as unknown as readonly [Float32Array, Float32Array, number];
  const width = config.language.hiddenSize;
  const row = (values: Float32Array, index: number) => values.subarray(index * width, (index + 1) * width);
  let expected = 0;
  batch.targets.rows.forEach((at, index) => {
    const logits = Array.from({ length: config.language.vocabularySize }, (_, id) =>
      row(table, id).reduce((sum, weight, k) => sum + weight * row(embedded, at)[k]!, 0),
    );
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expected += 0.5 * (logSum - logits[batch.targets.labels[index]!]!);
  });
  expect(loss).toBeCloseTo(expected, 3);
  disposeModel(model);
});

describe('a run with a words stage', () => {
  const trained = async (config: RunConfig) => {
    const events: TrainingEvent[] = [];
    const model = await train({
      config,
      data: { 'tiny-scenes-2': data },
      saveCheckpoint: async () => {},
      onEvent: (event) => events.push(event),
      signal: new AbortController().signal,
    });
    const weights = Object.fromEntries(
      ['vision', 'connector', 'language'].map((part) => [
        part,
        [...model.parameters.values()]
          .filter((parameter) => parameter.part === part)
          .map(({ variable }) => [...variable.dataSync()]),
      ]),
    );
    disposeModel(model);
    return { events, weights };
  };

  it('validates no text in it, and before the first step of the next where that asks for it', async () => {
    const { events } = await trained(runOf([words, { ...align, steps: 2, validateStart: true }]));
    expect(events.flatMap((event) => (event.type === 'validation' ? [[event.stage, event.step]] : []))).toEqual([
      ['align', 4],
      ['align', 6],
    ]);
    const targets = planImages(splits.train, words, 8, 7)
      .batch(0)
      .reduce((sum, { words: stated = [] }) => sum + 4 * stated.flat(2).length, 0);
    expect(events[0]).toMatchObject({ type: 'step', stage: 'words', tokens: 8 * 16, answerTokens: targets });
  });

  it('changes the parts that it names and no other, and lowers its loss', async () => {
    const longer = await trained(runOf([{ ...words, steps: 40 }]));
    const untrained = createModel(runOf([words]).model, 7);
    for (const { part, variable } of untrained.parameters.values()) {
      const own = [...variable.dataSync()];
      const found = longer.weights[part]!.some(
        (values) => values.length === own.length && values.every((v, i) => v === own[i]),
      );
      if (part !== 'connector') expect(found).toBe(true);
    }
    disposeModel(untrained);
    const losses = longer.events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    // The table is random here, so little can be said; a tenth of a nat is far beyond what batches differ by.
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.1);
  });
});

it('a rank whose images say nothing learns nothing of a step from which others learn', async () => {
  const config = runOf([words]);
  const silent = {
    ...data,
    splits: { ...splits, train: splits.train.map((sample) => ({ ...sample, words: [[[]]] })) },
  };
  const learner = createLearner({ model: createModel(config.model, 3), optimizer: config.recipe.optimizer });
  const backward = vi.spyOn(learner, 'backward');
  // The other rank has as many positions, and ten targets.
  const ranks: Ranks = { ...ALONE, rank: 1, count: 2, sum: ([tokens = 0, targets = 0]) => [2 * tokens, targets + 10] };
  const leftOut = new LeftOutImages({ allowed: 0, before: [], ranks, onLeftOut: () => {} });
  const surroundings = { config, data: { 'tiny-scenes-2': silent }, learner, tokenizer, leftOut, ranks };
  const work = await stageWork(words, surroundings);
  expect(await work.learn(0)).toMatchObject({ tokens: 8 * 16, answerTokens: 10 });
  expect(backward).not.toHaveBeenCalled();
  learner.dispose();
  disposeModel(learner.model);
});

it('its arithmetic is that of the visual path and of the scores of its targets', () => {
  const { model } = runOf([words]);
  const work = { examples: 8, tokens: 128, answerTokens: 50 };
  const product = (rows: number, inputs: number, outputs: number) => 2 * rows * inputs * outputs;
  const { hiddenSize: vision, intermediateSize } = model.vision;
  const { hiddenSize: language, vocabularySize } = model.language;
  const seen =
    product(128, 192, vision) +
    4 * product(128, vision, vision) +
    2 * product(128, vision, intermediateSize) +
    2 * product(128, vision, 16);
  const connected = product(128, vision, language) + product(128, language, language);
  const scored = product(50, language, vocabularySize);
  const { forward, backward } = stageFlops(model, words, work);
  expect(forward).toBe(seen + connected + scored);
  // The connector's first product needs no gradient of its input; the table is frozen.
  expect(backward).toBe(product(128, vision, language) + 2 * product(128, language, language) + scored);
});
