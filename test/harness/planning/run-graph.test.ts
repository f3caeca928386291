import { describe, expect, test } from 'vitest';
import { runGraph } from '../../../harness/planning/run-graph.js';
import { tokenCounter } from '../../../harness/planning/token-counter.js';
import type { RecordedEvent } from '../../../harness/records/events.js';
import { trainingFlops } from '../../../harness/report/compute.js';
import { loadDataSets } from '../../../harness/run/load-data-sets.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { stepCounts } from '../../../harness/suite/shared-prefixes.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import type { ModelConfig, Part } from '../../../reference-model/model/config.js';
import type { Model } from '../../../reference-model/model/model.js';
import { exampleFlops } from '../../../reference-model/model/step-flops.js';
import { batchSizes, type RunConfig } from '../../../reference-model/recipe/recipe.js';
import { validationOf } from '../../../reference-model/recipe/stage-validation.js';
import {
  buildExampleBatch,
  buildGroupedBatch,
  buildMicroBatches,
} from '../../../reference-model/training/example-batch.js';
import { examplesOf, planBatches } from '../../../reference-model/training/examples.js';
import { imageGroups } from '../../../reference-model/training/image-groups.js';
import { modelTokenizer } from '../../../reference-model/training/model-tokenizer.js';
import { requireDataSet, trainingSamples, withQuestionsAbout } from '../../../reference-model/training/stage-data.js';
import { validationSets } from '../../../reference-model/training/validation.js';
import { textStage } from '../../reference-model/recipe/text-stage.js';
import { suiteOf } from '../report/fabricated-records.js';

const alignment = {
  label: 'alignment',
  levels: {
    short: { label: 'short', description: 'Short.', value: 1, overlay: {} },
    long: {
      label: 'long',
      description: 'Longer in the end.',
      value: 2,
      overlay: { recipe: { stages: { joint: { steps: 19 } } } },
    },
  },
};
const hypotheses = [] as const;
const plan = planSuite(suiteOf({ factors: { alignment }, hypotheses: [...hypotheses], seeds: [1, 2] }));
const loader = {
  loadDataSet: () =>
    loadDataSet({ name: 'tiny-scenes', tinyScenes: { sizes: { train: 40, validation: 20, test: 20 } } }),
};
const dataSets = await loadDataSets(
  loader,
  plan.runs.map(({ config }) => config),
);
const data = requireDataSet(dataSets, 'tiny-scenes');
const graph = runGraph(plan, tokenCounter(dataSets));

/** Multiplications and additions of one sequence of a step, matrix by matrix: [rows, inputs, outputs, part, first of its part]. */
function operations(
  { vision, connector, language }: ModelConfig,
  length: number,
  targets: number,
  trained: readonly Part[],
): number {
  const patches = (vision.imageSize / vision.patchSize) ** 2;
  const visual = patches / connector.pixelShuffle ** 2;
  const weights: [number, number, number, Part, boolean][] = [
    [patches, 3 * vision.patchSize ** 2, vision.hiddenSize, 'vision', true],
  ];
  const attention: [number, number, number, Part][] = [];
  for (let layer = 0; layer < vision.layers; layer++) {
    for (let projection = 0; projection < 4; projection++)
      weights.push([patches, vision.hiddenSize, vision.hiddenSize, 'vision', false]);
    weights.push([patches, vision.hiddenSize, vision.intermediateSize, 'vision', false]);
    weights.push([patches, vision.intermediateSize, vision.hiddenSize, 'vision', false]);
    attention.push([patches, vision.hiddenSize, patches, 'vision'], [patches, patches, vision.hiddenSize, 'vision']);
  }
  weights.push([visual, vision.hiddenSize * connector.pixelShuffle ** 2, language.hiddenSize, 'connector', true]);
  weights.push([visual, language.hiddenSize, language.hiddenSize, 'connector', false]);
  const keys = (language.hiddenSize / language.attentionHeads) * language.keyValueHeads;
  for (let layer = 0; layer < language.layers; layer++) {
    for (const outputs of [language.hiddenSize, keys, keys, language.hiddenSize])
      weights.push([length, language.hiddenSize, outputs, 'language', false]);
    for (let projection = 0; projection < 3; projection++)
      weights.push([length, language.hiddenSize, language.intermediateSize, 'language', false]);
    attention.push(
      [length, language.hiddenSize, length, 'language'],
      [length, length, language.hiddenSize, 'language'],
    );
  }
  weights.push([targets, language.hiddenSize, language.vocabularySize, 'language', false]);
  const order: readonly Part[] = ['vision', 'connector', 'language'];
  const isReached = (part: Part, strictly: boolean) =>
    trained.some((other) => order.indexOf(other) < order.indexOf(part) || (!strictly && other === part));
  let total = 0;
  for (const [rows, inputs, outputs, part, first] of weights) {
    const passes = 1 + (trained.includes(part) ? 1 : 0) + (isReached(part, first) ? 1 : 0);
    total += 2 * rows * inputs * outputs * passes;
  }
  for (const [rows, inputs, outputs, part] of attention)
    total += 2 * rows * inputs * outputs * (isReached(part, false) ? 3 : 1);
  return total;
}

/** What the trainer would build for every step of a configuration. */
function trainerSteps({ recipe, seed, model }: RunConfig) {
  const tokenizer = modelTokenizer(model.language.vocabularySize);
  return recipe.stages.map(textStage).flatMap((stage) => {
    const { batchSize, microBatchSize } = batchSizes(recipe, stage);
    const batches = planBatches(trainingSamples(data, stage, seed), stage, batchSize, seed);
    return Array.from({ length: stage.steps }, (_, step) => {
      const built = buildMicroBatches(
        batches.batch(step),
        { ...stage, size: microBatchSize },
        model,
        tokenizer,
        stage.attentionMask,
      );
      return {
        stage,
        tokens: built.reduce((sum, { sequences }) => sum + sequences.tokens, 0),
        answerTokens: built.reduce((sum, { sequences }) => sum + sequences.labels.length, 0),
      };
    });
  });
}

describe('the graph of a plan', () => {
  test('has each shared beginning once, before its forks, and an edge to each of them', () => {
    const { nodes, edges, runNodes } = graph;
    expect(nodes.map(({ kind, seed, arm }) => [kind, seed, arm])).toEqual([
      ['shared', 1, undefined],
      ['run', 1, 'short'],
      ['run', 1, 'long'],
      ['shared', 2, undefined],
      ['run', 2, 'short'],
      ['run', 2, 'long'],
    ]);
    const beginning = plan.prefixes[0]!.steps;
    expect(edges).toEqual([
      { from: 'shared-1', to: 'run-1', step: beginning },
      { from: 'shared-1', to: 'run-2', step: beginning },
      { from: 'shared-2', to: 'run-3', step: beginning },
      { from: 'shared-2', to: 'run-4', step: beginning },
    ]);
    expect(runNodes).toEqual(['run-1', 'run-2', 'run-3', 'run-4']);
    expect(nodes.reduce((sum, { steps }) => sum + steps, 0)).toBe(stepCounts(plan).shared);
  });

  test('counts the tokens that the trainer builds, once for what is shared', () => {
    const { config } = plan.runs[1]!;
    const built = trainerSteps(config);
    const [shared, , long] = graph.nodes;
    expect(shared!.tokens + long!.tokens).toBe(built.reduce((sum, { tokens }) => sum + tokens, 0));
    const answers = [...shared!.stages, ...long!.stages].reduce((sum, { answerTokens }) => sum + answerTokens, 0);
    expect(answers).toBe(built.reduce((sum, { answerTokens }) => sum + answerTokens, 0));
  });

  test('counts the examples of a stage that has batches of its own', () => {
    const { config } = plan.runs[0]!;
    const { model, recipe } = config;
    const stage = { ...recipe.stages[2]!, steps: 2, batchSize: 4 };
    const own = { ...config, recipe: { ...recipe, stages: [stage] } };
    const counted = tokenCounter(dataSets).stageSteps(own, stage);
    const built = trainerSteps(own).map(({ tokens, answerTokens }) => ({ examples: 4, tokens, answerTokens }));
    expect(counted).toEqual(built);
    const { forward, backward } = exampleFlops(model, built[0]!, stage.trainable);
    const event = { type: 'step', stage: stage.name, step: 1, totalSteps: 2, loss: 1, learningRate: {} } as const;
    const { tokens, answerTokens } = built[0]!;
    expect(trainingFlops(own, [{ ...event, gradientNorm: 1, tokens, answerTokens, time: 0 }])).toBe(forward + backward);
  });

  test('counts an image once for the questions that share it', () => {
    const { config } = plan.runs[0]!;
    const stage = { ...textStage(config.recipe.stages[2]!), steps: 3, questionsPerImage: 4 };
    const run = { ...config, recipe: { ...config.recipe, stages: [stage] } };
    const counted = tokenCounter(dataSets).stageSteps(run, stage);
    const built = trainerSteps(run);
    expect(counted.map(({ tokens, answerTokens }) => [tokens, answerTokens])).toEqual(
      built.map(({ tokens, answerTokens }) => [tokens, answerTokens]),
    );
    for (const { examples, sequences } of counted) expect(sequences).toBeLessThan(examples);
  });

  test('counts only the questions that a stage is about', () => {
    const { config } = plan.runs[0]!;
    const { model, recipe, seed } = config;
    const questions = { ...textStage(recipe.stages[2]), mixture: { questions: 1 } };
    const [topic] = data.splits.train.flatMap((sample) => sample.questions.map(({ questionType }) => questionType!));
    const stage = { ...questions, questionTypes: [topic!] };
    const counter = tokenCounter(dataSets);
    const tokenizer = modelTokenizer(model.language.vocabularySize);
    const samples = withQuestionsAbout(data.splits.train, stage.questionTypes);
    const batches = planBatches(samples, stage, recipe.batchSize, seed);
    const all = counter.stageSteps(config, questions);
    const about = counter.stageSteps(config, stage);
    expect(about).not.toEqual(all);
    about.forEach((step, index) => {
      const { sequences } = buildExampleBatch(batches.batch(index), model, tokenizer, 'causal');
      expect(step).toEqual({
        examples: recipe.batchSize,
        tokens: sequences.tokens,
        answerTokens: sequences.labels.length,
      });
    });
  });

  test('counts the operations of every matrix product, backward only through what is trained or lies behind it', () => {
    const { config } = plan.runs[1]!;
    const { batchSize } = config.recipe;
    const [shared, , long] = graph.nodes;
    let expected = 0;
    for (const { stage, tokens, answerTokens } of trainerSteps(config)) {
      expected += batchSize * operations(config.model, tokens / batchSize, answerTokens / batchSize, stage.trainable);
    }
    const planned = shared!.trainingFlops + long!.trainingFlops;
    expect(planned / expected).toBeCloseTo(1, 12);
  });

  test('estimates what the report finds in the events of the run', () => {
    const { config } = plan.runs[0]!;
    const events = trainerSteps(config).map(
      ({ stage, tokens, answerTokens }, index): RecordedEvent => ({
        type: 'step',
        stage: stage.name,
        step: index + 1,
        totalSteps: 0,
        loss: 1,
        learningRate: {},
        gradientNorm: 1,
        tokens,
        answerTokens,
        time: 0,
      }),
    );
    const [shared, short] = graph.nodes;
    expect(shared!.trainingFlops + short!.trainingFlops).toBeCloseTo(trainingFlops(config, events), -3);
  });

  test('validates as often as the trainer, on as many tokens', async () => {
    const { config } = plan.runs[1]!;
    const { recipe, model } = config;
    const tokenizer = modelTokenizer(model.language.vocabularySize);
    const sets = await validationSets(
      data,
      { ...validationOf(recipe, {}), split: 'validation', microBatchSize: recipe.microBatchSize },
      { config: model } as Model,
      tokenizer,
      'causal',
    );
    const once = sets.reduce((total, { batches }) => {
      const examples = batches.reduce((sum, { imageCount }) => sum + imageCount, 0);
      const tokens = batches.reduce((sum, { sequences }) => sum + sequences.tokens, 0);
      const targets = batches.reduce((sum, { sequences }) => sum + sequences.labels.length, 0);
      return total + examples * operations(model, tokens / examples, targets / examples, []);
    }, 0);
    let validations = 1;
    let step = 0;
    for (const stage of recipe.stages) {
      for (let inStage = 1; inStage <= stage.steps; inStage++) {
        step += 1;
        if (step % recipe.validateEverySteps === 0 || inStage === stage.steps) validations += 1;
      }
    }
    const [shared, , long] = graph.nodes;
    expect((shared!.validationFlops + long!.validationFlops) / (validations * once)).toBeCloseTo(1, 12);
  });

  test('takes the references for the responses, cut where generation stops', () => {
    const { config } = plan.runs[0]!;
    const short = { ...config, generation: { ...config.generation, maximumNewTokens: 2 } };
    const counter = tokenCounter(dataSets);
    const samples = data.splits.test;
    const questions = examplesOf(samples, 'questions').slice(0, config.evaluation.questions);
    const captions = samples.slice(0, config.evaluation.captionImages).length * 2;
    expect(counter.evaluation(config).examples).toBe(captions + questions.length);
    expect(counter.evaluation(short).answerTokens).toBe(2 * (captions + questions.length));
    const alone = { ...config, evaluation: { ...config.evaluation, captionImages: 0 } };
    const tokenizer = modelTokenizer(config.model.language.vocabularySize);
    const { sequences } = buildExampleBatch(questions, config.model, tokenizer, 'causal');
    expect(counter.evaluation(alone)).toEqual({
      examples: questions.length,
      tokens: sequences.tokens,
      answerTokens: sequences.labels.length,
    });
    expect(graph.nodes[0]).toMatchObject({ kind: 'shared', responses: 0, responseFlops: 0 });
  });

  test('counts the references that are given to the model as forward passes', () => {
    const { config } = plan.runs[0]!;
    const evaluation = { ...config.evaluation, captionImages: 0, questions: 0 };
    const run = { ...config, evaluation: { ...evaluation, teacherForced: { captions: 2, questions: 5 } } };
    const counter = tokenCounter(dataSets);
    const samples = data.splits.test;
    // Two captions, and five questions about the first image, which share it.
    const captions = imageGroups(examplesOf(samples.slice(0, 2), 'ai-captions'));
    const questions = imageGroups(examplesOf(samples, 'questions').slice(0, 5), { questionsPerImage: 8 });
    const tokenizer = modelTokenizer(config.model.language.vocabularySize);
    const { sequences } = buildGroupedBatch([...captions, ...questions], config.model, tokenizer, 'causal');
    const given = { examples: 7, sequences: 3, tokens: sequences.tokens, answerTokens: sequences.labels.length };
    expect(counter.forced(run)).toEqual(given);
    expect(counter.evaluation(run).examples).toBe(0);
    const planned = (one: typeof config) =>
      runGraph({ ...plan, runs: [{ arm: 'short', seed: 1, config: one }], prefixes: [] }, counter).nodes[0]!;
    const more = planned(run).validationFlops - planned({ ...run, evaluation }).validationFlops;
    expect(more).toBeCloseTo(exampleFlops(config.model, given).forward, -2);
  });
});
