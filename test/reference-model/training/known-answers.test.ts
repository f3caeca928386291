/** Answers that are known beforehand: a model can learn eight samples by heart, and without the picture it can only guess. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreAnswers } from '../../../metrics/index.js';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { respond } from '../../../reference-model/evaluation/predict.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { EMBEDDED_MODEL } from '../../../reference-model/pretraining/schedule.js';
import { CAPTION_PROMPT } from '../../../reference-model/training/examples.js';
import type { Recipe, RunConfig, Stage } from '../../../reference-model/training/recipe.js';
import { train } from '../../../reference-model/training/train.js';
import { tinyRun } from './tiny-run.js';

const tokenizer = loadEmbeddedTokenizer();

const everything = (steps: number, mixture: Stage['mixture'], rate: number): Stage => ({
  name: 'joint',
  steps,
  trainable: ['vision', 'connector', 'language'],
  learningRate: { vision: rate, connector: rate, language: rate },
  mixture,
  attentionMask: 'visual-bidirectional',
});

function embeddedRun(stage: Stage, recipe: Partial<Recipe>): RunConfig {
  return {
    ...tinyRun({ stages: [stage], initialization: { vision: 'pretrained', language: 'pretrained' }, ...recipe }),
    model: EMBEDDED_MODEL,
    generation: { strategy: 'greedy', beamWidth: 1, maximumNewTokens: 40, batchSize: 64 },
  };
}

async function trained(
  config: RunConfig,
  data: DataSet,
): Promise<{ readonly model: Model; readonly losses: readonly number[] }> {
  const losses: number[] = [];
  const model = await train({
    config,
    data,
    saveCheckpoint: async () => {},
    onEvent: (event) => {
      if (event.type === 'step') losses.push(event.loss);
    },
    signal: new AbortController().signal,
  });
  return { model, losses };
}

beforeAll(async () => {
  await activateEngine('wasm');
});

describe('overfitting eight samples', () => {
  it('drives the loss below 0.05 and gives their captions back by greedy decoding', async () => {
    const full = await loadDataSet({
      name: 'tiny-scenes',
      tinyScenes: { sizes: { train: 8, validation: 8, test: 8 } },
    });
    const config = embeddedRun(everything(200, { 'ai-captions': 1 }, 2e-3), { batchSize: 8, microBatchSize: 8 });
    const { model, losses } = await trained(config, full);
    expect(losses.at(-1)).toBeLessThan(0.05);
    const samples = full.splits.train;
    const texts = respond(
      model,
      config,
      tokenizer,
      samples.map(({ image }) => ({ image, prompt: CAPTION_PROMPT['ai-captions'] })),
    );
    const normalised = samples.map(({ aiCaptions }) => tokenizer.decode(tokenizer.encode(aiCaptions[0]!)));
    expect(texts).toEqual(normalised);
    disposeModel(model);
  });
});

describe('answering held-out questions', () => {
  let data: DataSet;
  let model: Model;
  let config: RunConfig;

  beforeAll(async () => {
    data = await loadDataSet({ name: 'tiny-scenes' });
    config = embeddedRun(everything(400, { questions: 1 }, 2e-3), { batchSize: 32, microBatchSize: 32 });
    ({ model } = await trained(config, data));
  }, 300_000);

  afterAll(() => disposeModel(model));

  const zeroed = (sample: Sample): Sample => ({
    ...sample,
    // 127.5 would be zero after normalisation; every image becomes the same grey.
    image: { ...sample.image, pixels: new Uint8Array(sample.image.pixels.length).fill(128) },
  });

  function yesNoAccuracy(samples: readonly Sample[]): {
    readonly accuracy: number;
    readonly majority: number;
    readonly n: number;
  } {
    const asked = samples
      .flatMap((sample) =>
        sample.questions.map((question) => ({ ...question, imageId: sample.imageId, image: sample.image })),
      )
      .filter(({ kind }) => kind === 'yes/no')
      .slice(0, 400);
    const texts = respond(
      model,
      config,
      tokenizer,
      asked.map(({ image, question }) => ({ image, prompt: question })),
    );
    const scored = scoreAnswers(
      asked.map((question, i) => ({ ...question, prediction: texts[i]! })),
      { split: 'test' },
    );
    const yes = asked.filter(({ answer }) => answer === 'yes').length / asked.length;
    return { accuracy: scored['yes/no'].score!, majority: Math.max(yes, 1 - yes), n: asked.length };
  }

  it('beats the majority class with the picture and falls to it without: the model really looks', () => {
    const seeing = yesNoAccuracy(data.splits.test);
    const blind = yesNoAccuracy(data.splits.test.map(zeroed));
    const standardError = Math.sqrt(0.25 / seeing.n);
    expect(seeing.accuracy).toBeGreaterThan(seeing.majority + 4 * standardError);
    expect(Math.abs(blind.accuracy - blind.majority)).toBeLessThan(3 * standardError);
  });
});
