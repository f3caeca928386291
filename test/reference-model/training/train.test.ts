import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../reference-model/checkpoint/checkpoint-folder.js';
import { parameterArrays } from '../../../reference-model/checkpoint/load-parameters.js';
import { writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { loadEmbeddedTokenizer } from '../../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { createModel, disposeModel, type Model } from '../../../reference-model/model/model.js';
import { FusedKernel } from '../../../reference-model/ops/kernels.js';
import type { RunConfig } from '../../../reference-model/recipe/recipe.js';
import { createLearner } from '../../../reference-model/training/create-learner.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import { buildExampleBatch, type ExampleBatch } from '../../../reference-model/training/example-batch.js';
import { examplesOf } from '../../../reference-model/training/examples.js';
import { learnBatch, learnBatches } from '../../../reference-model/training/learn-batch.js';
import type { SettledStep } from '../../../reference-model/training/learner.js';
import { type TrainingJob, train } from '../../../reference-model/training/train.js';
import { tinyData, tinyRun } from './tiny-run.js';

let data: DataSet<Sample>;

beforeAll(async () => {
  await activateEngine('wasm');
  data = await tinyData();
});

interface Trained {
  readonly weights: string;
  readonly events: readonly TrainingEvent[];
  /** Folders by step. */
  readonly checkpoints: ReadonlyMap<number, string>;
}

const hashOf = (model: Model): string =>
  createHash('sha256')
    .update(writeSafetensors(parameterArrays(model.parameters)))
    .digest('hex');

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function savedBy(write: (folder: string, run: string) => Promise<void>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-checkpoint-'));
  folders.push(folder);
  await write(folder, 'some run');
  return folder;
}

async function runTraining(
  config: RunConfig,
  { resumeFrom, shardBytes }: Pick<TrainingJob, 'resumeFrom' | 'shardBytes'> = {},
): Promise<Trained> {
  const events: TrainingEvent[] = [];
  const checkpoints = new Map<number, string>();
  const model = await train({
    config,
    data: { 'tiny-scenes': data },
    ...(resumeFrom && { resumeFrom }),
    ...(shardBytes && { shardBytes }),
    saveCheckpoint: async (step, write) => {
      checkpoints.set(step, await savedBy(write));
    },
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const weights = hashOf(model);
  disposeModel(model);
  return { weights, events, checkpoints };
}

const exampleBatch = (model: Model, from: number, to: number) =>
  buildExampleBatch(
    examplesOf(data.splits.train, 'human-captions').slice(from, to),
    model.config,
    loadEmbeddedTokenizer(),
    'causal',
  );

describe('train', () => {
  it('lowers the loss and reports every step, validation and checkpoint', async () => {
    const stages = [{ ...tinyRun().recipe.stages[1]!, steps: 120 }];
    const { events } = await runTraining(tinyRun({ stages, validateEverySteps: 60, checkpointEverySteps: 60 }));
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    expect(losses).toHaveLength(120);
    expect(losses[0]).toBeGreaterThan(4.5); // about ln 216 = 5.4 for uniform guesses
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 1);
    expect(events.flatMap((event) => (event.type === 'validation' ? [event.step] : []))).toEqual([0, 60, 120]);
    expect(events.flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []))).toEqual([60, 120]);
  });

  it('ends with the same bits from every checkpoint, in either stage and at their border', async () => {
    const config = tinyRun({ checkpointEverySteps: 1 });
    const whole = await runTraining(config);
    expect([...whole.checkpoints.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const [step, resumeFrom] of whole.checkpoints) {
      const resumed = await runTraining(config, { resumeFrom });
      expect(resumed.weights).toBe(whole.weights);
      const after = whole.events.filter((event) => event.step > step);
      expect(resumed.events).toEqual(after);
    }
  });

  it('ends with the same bits from a checkpoint of many small shards', async () => {
    const config = tinyRun({ checkpointEverySteps: 5 });
    const whole = await runTraining(config);
    const split = await runTraining(config, { shardBytes: 4096 });
    const resumeFrom = split.checkpoints.get(5)!;
    expect(readdirSync(resumeFrom).length).toBeGreaterThan(10);
    expect(readdirSync(whole.checkpoints.get(5)!)).toHaveLength(3);
    expect((await runTraining(config, { resumeFrom, shardBytes: 4096 })).weights).toBe(whole.weights);
  });

  it('gives other weights for another seed and for another mask, but the same data for arms of one seed', async () => {
    const base = await runTraining(tinyRun());
    const otherSeed = await runTraining(tinyRun({}, 8));
    const stages = tinyRun().recipe.stages.map((stage) => ({
      ...stage,
      attentionMask: 'prefix-bidirectional' as const,
    }));
    const otherMask = await runTraining(tinyRun({ stages }));
    expect(new Set([base.weights, otherSeed.weights, otherMask.weights]).size).toBe(3);
    const tokens = ({ events }: Trained) => events.flatMap((event) => (event.type === 'step' ? [event.tokens] : []));
    expect(tokens(otherMask)).toEqual(tokens(base));
    expect(tokens(otherSeed)).not.toEqual(tokens(base));
  });

  it('trains only the parts that a stage names', async () => {
    const stages = [tinyRun().recipe.stages[0]!];
    const before = createModel(tinyRun().model, 7);
    const initial = new Map([...before.parameters].map(([name, { variable }]) => [name, variable.dataSync().slice()]));
    const model = await train({
      config: tinyRun({ stages }),
      data: { 'tiny-scenes': data },
      saveCheckpoint: async () => {},
      onEvent: () => {},
      signal: new AbortController().signal,
    });
    for (const [name, { part, variable }] of model.parameters) {
      const same = variable.dataSync().every((value, i) => Object.is(value, initial.get(name)![i]));
      expect(same, name).toBe(part !== 'connector');
    }
    disposeModel(model);
    disposeModel(before);
  });

  it('stops with a checkpoint when asked to, and goes on to the same bits', async () => {
    const config = tinyRun();
    const whole = await runTraining(config);
    const controller = new AbortController();
    let resumeFrom = '';
    const interrupted = train({
      config,
      data: { 'tiny-scenes': data },
      saveCheckpoint: async (_, write) => {
        resumeFrom = await savedBy(write);
      },
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 4) controller.abort();
      },
      signal: controller.signal,
    });
    await expect(interrupted).rejects.toMatchObject({ name: 'TrainingInterrupted', step: 4 });
    expect((await runTraining(config, { resumeFrom })).weights).toBe(whole.weights);
  });

  it('stops at a loss that is no number, with step, examples and last good checkpoint', async () => {
    const stages = tinyRun().recipe.stages.map((stage) => ({
      ...stage,
      learningRate: { connector: 1e30, language: 1e30, vision: 1e30 },
    }));
    await expect(runTraining(tinyRun({ stages, checkpointEverySteps: 1 }))).rejects.toThrow(
      /^the (loss|gradient norm) became (NaN|Infinity) at step \d+ \(stage \w+\) on [a-z]+-captions\/train-\d+\/\d, .* and \d+ more|checkpoint is of step \d+/,
    );
  });

  it('refuses a checkpoint of a longer recipe', async () => {
    const { checkpoints } = await runTraining(tinyRun());
    const short = tinyRun({ stages: [tinyRun().recipe.stages[0]!] });
    await expect(runTraining(short, { resumeFrom: checkpoints.get(7)! })).rejects.toThrow(
      'the checkpoint cannot be resumed: it was taken after step 7, but the recipe has 3 steps',
    );
  });

  it('keeps the number of tensors flat over the steps', async () => {
    const counts: number[] = [];
    const stages = [{ ...tinyRun().recipe.stages[1]!, steps: 12 }];
    const model = await train({
      config: tinyRun({ stages }),
      data: { 'tiny-scenes': data },
      saveCheckpoint: async () => {},
      onEvent: (event) => {
        if (event.type === 'step') counts.push(tf.memory().numTensors);
      },
      signal: new AbortController().signal,
    });
    expect(new Set(counts).size).toBe(1);
    disposeModel(model);
  });
});

describe('gradients', () => {
  it('weigh tokens, not micro-batches: uneven micro-batches give the gradient of the whole batch', async () => {
    const model = createModel(tinyRun().model, 3);
    const parts = ['vision', 'connector', 'language'] as const;
    const learned = async (batches: readonly ExampleBatch[]) => {
      const learner = createLearner({ model, optimizer: { ...tinyRun().recipe.optimizer, clipNorm: 1e9 } });
      learner.enterStage(parts);
      learnBatches(learner, batches, parts);
      learner.update({}, { stage: 'joint', step: 1, exampleIds: [] });
      const [{ loss }] = learner.settle() as [SettledStep];
      // After the first update the first moment is the gradient times 1 − β₁.
      const { moments } = openCheckpoint(await savedBy((folder, run) => learner.save(folder, { run, step: 1 })));
      learner.dispose();
      return { loss, gradients: new Map([...moments].filter(([name]) => name.startsWith('first'))) };
    };
    const whole = await learned([exampleBatch(model, 0, 9)]);
    const split = await learned([exampleBatch(model, 0, 2), exampleBatch(model, 2, 9)]);
    expect(split.loss).toBeCloseTo(whole.loss, 5);
    expect(whole.gradients.size).toBe(model.parameters.size);
    for (const [name, { read }] of whole.gradients) {
      const expected = read() as Float32Array;
      const actual = split.gradients.get(name)!.read();
      const scale = Math.max(...expected.map(Math.abs), 1e-7);
      expected.forEach((value, j) => {
        expect(Math.abs(actual[j]! - value) / scale, name).toBeLessThan(1e-4);
      });
    }
    disposeModel(model);
  });

  it('never compute for a frozen part: no vision backward, no weight gradient of the language model', async () => {
    const model = createModel(tinyRun().model, 3);
    const batch = exampleBatch(model, 0, 4);
    const kernels = async (trainable: readonly ('vision' | 'connector' | 'language')[]) => {
      const profile = await tf.profile(() => {
        const learner = createLearner({ model, optimizer: tinyRun().recipe.optimizer });
        learner.enterStage(trainable);
        learnBatch(learner, batch, { trainable, weight: 1 });
        learner.dispose();
      });
      const count = (name: string) => profile.kernels.filter((kernel) => kernel.name === name).length;
      return {
        layerNormGradients: count(FusedKernel.LayerNormGradient),
        attentionGradients: count(FusedKernel.AttentionGradient),
        embeddingGradients: count(FusedKernel.EmbeddingGradient),
        matrixProducts: count('BatchMatMul'),
        copies: count('Identity'),
      };
    };
    const connectorOnly = await kernels(['connector']);
    const everything = await kernels(['vision', 'connector', 'language']);
    expect(everything.copies).toBe(0); // tensors are saved for the backward pass by reference
    expect(connectorOnly.layerNormGradients).toBe(0);
    expect(connectorOnly.attentionGradients).toBe(2); // the decoder's two layers, on the way to the connector
    expect(everything.layerNormGradients).toBe(3);
    expect(everything.attentionGradients).toBe(3);
    // Frozen, the token table gets no gradient: neither as table nor as output matrix.
    expect(connectorOnly.embeddingGradients).toBe(everything.embeddingGradients - 1);
    // The decoder's 7 projections per layer and the logits lose the gradient of their weight; the encoder's 6 projections lose both,
    // its patch embedding the only one it has, and the connector's first layer the gradient of its input.
    expect(everything.matrixProducts - connectorOnly.matrixProducts).toBe(2 * 7 + 1 + 6 * 2 + 1 + 1);
    disposeModel(model);
  });
});
