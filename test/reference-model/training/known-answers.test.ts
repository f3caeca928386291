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
import type { Recipe, RunConfig, TextStage } from '../../../reference-model/recipe/recipe.js';
import { CAPTION_PROMPT } from '../../../reference-model/training/examples.js';
import { train } from '../../../reference-model/training/train.js';
import { tinyRun } from './tiny-run.js';

const tokenizer = loadEmbeddedTokenizer();

const everything = (steps: number, mixture: TextStage['mixture'], rate: number): TextStage => ({
  name: 'joint',
  steps,
  trainable: ['vision', 'connector', 'language'],
  learningRate: { vision: rate, connector: rate, language: rate },
  mixture,
  attentionMask: 'visual-bidirectional',
});

function embeddedRun(stage: TextStage, recipe: Partial<Recipe>): RunConfig {
  return {
    ...tinyRun({ stages: [stage], initialization: { vision: 'pretrained', language: 'pretrained' }, ...recipe }),
    model: EMBEDDED_MODEL,
    generation: { strategy: 'greedy', beamWidth: 1, maximumNewTokens: 40, batchSize: 64 },
  };
}

async function trained(
  config: RunConfig,
  data: DataSet<Sample>,
): Promise<{ readonly model: Model; readonly losses: readonly number[] }> {
  const losses: number[] = [];
  const model = await train({
    config,
    data: { 'tiny-scenes': data },
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
  let data: DataSet<Sample>;
  let model: Model;
  let config: RunConfig;

  beforeAll(async () => {
    data = await loadDataSet({ name: 'tiny-scenes' });
    config = embeddedRun(everything(300, { questions: 1 }, 2e-3), { batchSize: 32, microBatchSize: 32 });
    ({ model } = await trained(config, data));
  }, 300_000);

  afterAll(() => disposeModel(model));

  /** Every image becomes the same grey. */
  const withoutPicture = (sample: Sample): Sample => ({
    ...sample,
    image: { ...sample.image, pixels: new Uint8Array(sample.image.pixels.length).fill(128) },
  });

  const questionsOf = (samples: readonly Sample[]) =>
    samples.flatMap(({ imageId, image, questions }) => questions.map((question) => ({ ...question, imageId, image })));

  /** The commonest training answer to the same wording: the best that can be done without looking. */
  function blindAccuracies(): { readonly 'yes/no': number; readonly open: number } {
    const answers = new Map<string, Map<string, number>>();
    for (const { question, answer } of questionsOf(data.splits.train)) {
      const counts = answers.get(question) ?? new Map<string, number>();
      answers.set(question, counts.set(answer, (counts.get(answer) ?? 0) + 1));
    }
    const commonest = (question: string): string =>
      [...(answers.get(question) ?? new Map([['no', 1]]))].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
    return accuracies(asked(data.splits.test).map(({ question }) => commonest(question)));
  }

  const asked = (samples: readonly Sample[]) => questionsOf(samples).slice(0, 1050);

  function accuracies(predictions: readonly string[]): { readonly 'yes/no': number; readonly open: number } {
    const records = asked(data.splits.test).map((question, i) => ({ ...question, prediction: predictions[i]! }));
    const scored = scoreAnswers(records, { split: 'test' });
    return { 'yes/no': scored['yes/no'].score!, open: scored.open.score! };
  }

  const answersOf = (samples: readonly Sample[]): readonly string[] =>
    respond(
      model,
      config,
      tokenizer,
      asked(samples).map(({ image, question }) => ({ image, prompt: question })),
    );

  it('needs the picture: without it, accuracy falls to what the commonest answers give', () => {
    const seeing = accuracies(answersOf(data.splits.test));
    const blind = accuracies(answersOf(data.splits.test.map(withoutPicture)));
    const commonest = blindAccuracies();
    // Three standard errors of a share over the 450 open and 600 yes/no questions, at its widest.
    const openError = 3 * Math.sqrt(0.25 / 450);
    const yesNoError = 3 * Math.sqrt(0.25 / 600);
    expect(seeing.open).toBeGreaterThan(commonest.open + openError);
    expect(blind.open).toBeLessThan(commonest.open + openError);
    expect(seeing.open - blind.open).toBeGreaterThan(2 * openError);
    expect(Math.abs(blind['yes/no'] - 0.5)).toBeLessThan(yesNoError); // as many questions are answered yes as no
  });
});
