import { describe, expect, test } from 'vitest';
import { executorSettingsSchema } from '../../../harness/execution/executor-settings.js';
import { engineMemory } from '../../../harness/planning/engine-memory.js';
import { paperPlan } from '../../../harness/planning/paper-plan.js';
import { activationBytes, passOfRank, peakMemory } from '../../../harness/planning/peak-memory.js';
import { runProcesses } from '../../../harness/planning/run-processes.js';
import { readNamedSuite } from '../../../harness/suite/find-suite.js';
import { planSuite } from '../../../harness/suite/plan.js';
import { torchSettings } from '../../../reference-model/engines/torch/settings.js';
import type { DataSets } from '../../../reference-model/training/stage-data.js';

/** As many images and texts as a data set holds, without generating it. */
function dataSet(name: string, images: number, texts: number, pixelBytes = 32 * 32 * 3): DataSets {
  const questions = { length: texts / images / 2 };
  const sample = { humanCaptions: [], aiCaptions: [], questions, image: { pixels: { byteLength: pixelBytes } } };
  return {
    [name]: { name, fingerprint: '', splits: { train: Array.from({ length: images }, () => sample) } },
  } as unknown as DataSets;
}

const torch = () => torchSettings({});

const scenes = dataSet('tiny-scenes-2', 6000, 120_000);
const pathology = dataSet('tiny-pathology-2', 3300, 56_100);
const firstConfig = (id: string) => planSuite(readNamedSuite(id)).runs[0]!.config;

describe('the peak memory of a run', () => {
  // Medians of `peakMemoryBytes` in the event logs of whole runs of the embedded scale (Node 20, engine wasm): 32 runs of captions,
  // 28 runs of an earlier recipe of finding 1, and 88 and 11 runs of finding 4, which hold both data sets.
  test.each([
    ['captions', 'finding-1', scenes, 329e6],
    ['an earlier recipe', 'finding-1', scenes, 374e6],
    ['pathology', 'finding-4', { ...scenes, ...pathology }, 385e6],
    ['pathology, few runs in a process', 'finding-4', { ...scenes, ...pathology }, 337e6],
  ])('is within a fifth of what was measured: %s', (_, id, dataSets, measured) => {
    const { total } = peakMemory(firstConfig(id), dataSets);
    expect(Math.abs(total - measured) / measured).toBeLessThan(0.2);
  });

  test('on the engine torch is within a fifth of what was measured', () => {
    // The median of `peakMemoryBytes` of six smoke runs of finding 1 on the CPU (Node 20, libtorch 2.11): 338 to 385 MB.
    const { total, engine } = peakMemory(firstConfig('finding-1'), scenes, engineMemory('torch', torch));
    expect(engine).toBe('torch');
    expect(Math.abs(total - 372e6) / 372e6).toBeLessThan(0.2);
  });

  test('in 16 bits has a copy of what learns, keeps the rest and all activations in 16 bits, and recomputes what it is told to', () => {
    const config = firstConfig('finding-1');
    const whole = engineMemory('torch', torch);
    const short = engineMemory('torch', () => ({ ...torch(), precision: 'bfloat16' }));
    const again = engineMemory('torch', () => ({ ...torch(), checkpointing: 'blocks' }));
    expect([short.bytesPerLearning, short.bytesPerFrozen]).toEqual([18, 2]);
    const [all, half, few] = [whole, short, again].map((memory) => peakMemory(config, scenes, memory));
    expect(half!.activations).toBeGreaterThan(all!.activations / 2);
    expect(half!.activations).toBeLessThan(all!.activations);
    expect(few!.activations).toBeLessThan(all!.activations);
    expect(few!.parameters).toBe(all!.parameters);
  });

  test('is the sum of its parts, and parameters take sixteen bytes where all of them are trained', () => {
    const { total, parameters, ...parts } = peakMemory(firstConfig('finding-1'), scenes);
    expect(total).toBe(parameters + parts.process + parts.data + parts.activations);
    const config = firstConfig('finding-1');
    const stages = config.recipe.stages.map((stage) => ({
      ...stage,
      steps: 1,
      trainable: ['vision', 'connector', 'language'] as const,
    }));
    const whole = peakMemory({ ...config, recipe: { ...config.recipe, stages } }, scenes);
    expect(whole.parameters % 16).toBe(0);
  });

  test('of several processes on one machine is that of all of them, each with its share of a step and of what is divided', () => {
    const config = firstConfig('finding-1');
    const stages = config.recipe.stages.map((stage) => ({
      ...stage,
      trainable: ['vision', 'connector', 'language'] as const,
      microBatchSize: 8,
      batchSize: 8,
    }));
    const whole = { ...config, recipe: { ...config.recipe, stages } };
    const of = (ranks: number, here: number, shardOptimizer: boolean) =>
      peakMemory(
        whole,
        scenes,
        engineMemory('torch', () => ({ ...torch(), shardOptimizer })),
        { ranks, here },
      );
    const [one, four] = [of(1, 1, false), of(4, 4, false)];
    expect(four.parameters).toBe(one.parameters);
    expect(four.activations).toBe(one.activations / 4);
    expect(four.total).toBe(4 * (four.process + four.data + four.parameters + four.activations));
    // Three quarters of two float32 moments lie elsewhere, of the sixteen bytes that a weight takes alone.
    expect(of(4, 4, true).parameters).toBe((one.parameters * (16 - 6)) / 16);
    // A scheduler gives each process a device, of which one is told.
    expect(of(4, 1, false).total).toBe(four.total / 4);
  });

  test('of several ranks is that of whole images with their texts, no more than a pass or a step holds', () => {
    const of = (batchSize: number, microBatchSize: number, ranks: number, questionsPerImage?: number) =>
      passOfRank({ batchSize, microBatchSize }, ranks, questionsPerImage === undefined ? {} : { questionsPerImage });
    // Of two images with four questions each, three ranks get one, one and none.
    expect(of(8, 8, 3, 4)).toBe(4);
    expect(of(8, 8, 3)).toBe(3);
    expect(of(64, 64, 3, 8)).toBe(24);
    expect([of(64, 16, 3, 8), of(6, 8, 1, 4), of(8, 8, 1, 4)]).toEqual([16, 6, 8]);
    expect(passOfRank({ batchSize: 20, microBatchSize: 20 }, 4, { captionsPerImage: 5 })).toBe(5);
    expect(passOfRank({ batchSize: 20, microBatchSize: 20 }, 3, { captionsPerImage: 5 })).toBe(10);
  });

  test('is that of the processes which the settings start here, or of one where a scheduler places them', () => {
    const executors = (more: object) => executorSettingsSchema.parse(more);
    const devices = (count: number) => () => ({ devices: count });
    expect(runProcesses('torch', executors({}), devices(4))).toEqual({ ranks: 4, here: 4 });
    expect(runProcesses('wasm', executors({}), devices(4))).toEqual({ ranks: 1, here: 1 });
    const slurm = executors({ executor: 'slurm', slurm: { devices: 8 } });
    expect(runProcesses('torch', slurm, devices(4))).toEqual({ ranks: 8, here: 1 });
    const onProcessors = executors({ executor: 'kubernetes' });
    expect(runProcesses('torch', onProcessors, devices(1))).toEqual({ ranks: 1, here: 1 });
  });
});

describe('what a forward pass keeps', () => {
  const { model } = readNamedSuite('finding-1').scales.paper!;
  const pass = { examples: 1, sequenceLength: 100, answerTokens: 0 };
  const fused = { bytesPerNumber: 2, probabilities: false } as const;

  test('is 32 bytes for a token and channel of a layer with a fourfold MLP, as published without dropout', () => {
    // arXiv 2205.05198 counts 34 bytes, of which the masks of two dropouts take one each.
    const { vision } = model;
    const plain = { ...model, vision: { ...vision, intermediateSize: 4 * vision.hiddenSize } };
    const patches = Math.floor(vision.imageSize / vision.patchSize) ** 2;
    const own = activationBytes(plain, ['vision'], pass, fused) - activationBytes(plain, ['connector'], pass, fused);
    expect(own).toBe(32 * patches * vision.hiddenSize * vision.layers);
  });

  test('grows with the examples, with the scores of answers, and with probabilities that are kept', () => {
    const one = activationBytes(model, ['language'], pass, fused);
    expect(activationBytes(model, ['language'], { ...pass, examples: 3 }, fused)).toBe(3 * one);
    const scored = activationBytes(model, ['language'], { ...pass, answerTokens: 5 }, fused);
    expect(scored - one).toBe(5 * 8 * model.language.vocabularySize);
    const kept = activationBytes(model, ['language'], pass, { ...fused, probabilities: true });
    expect(kept - one).toBe(2 * model.language.layers * 100 * 100 * model.language.attentionHeads);
  });

  test('where blocks are computed again is what enters them, and one of them whole', () => {
    const own = (layers: number, kept: 'everything' | 'block-inputs') => {
      const { vision } = model;
      return activationBytes({ ...model, vision: { ...vision, layers } }, ['vision'], pass, { ...fused, kept });
    };
    const patches = Math.floor(model.vision.imageSize / model.vision.patchSize) ** 2;
    expect(own(9, 'block-inputs') - own(8, 'block-inputs')).toBe(2 * patches * model.vision.hiddenSize);
    expect(own(9, 'block-inputs')).toBeLessThan(own(9, 'everything') / 4);
  });

  test('of scores is no more than what is computed at a time', () => {
    const scored = { ...pass, examples: 100, answerTokens: 50 };
    const scores = (scoresAtOnce?: number) =>
      activationBytes(model, ['language'], scored, {
        ...fused,
        ...(scoresAtOnce === undefined ? {} : { scoresAtOnce }),
      });
    expect(scores() - scores(1000)).toBe(8 * (100 * 50 * model.language.vocabularySize - 1000));
  });

  test('is part of what the paper scale takes on each device, and the budget is passed at a step', () => {
    const suite = readNamedSuite('finding-1');
    const { memoryBytes } = paperPlan(suite, {});
    const { total, ...parts } = memoryBytes;
    expect(total).toBe(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0));
    const paper = suite.scales.paper!;
    const slow = { ...paper, hardware: { ...paper.hardware, count: 1, utilisation: 0.1 } };
    const { arms, totals } = paperPlan({ ...suite, scales: { ...suite.scales, paper: slow } }, {});
    expect(totals.deviceHours).toBe(totals.hours);
    for (const { stages, budgetPassedAt } of arms) {
      const before = stages.slice(
        0,
        stages.findIndex(({ name }) => name === budgetPassedAt!.stage),
      );
      const stage = stages[before.length]!;
      const hours = (step: number) =>
        before.reduce((sum, done) => sum + done.hours, 0) + (stage.hours * step) / stage.steps;
      expect(hours(budgetPassedAt!.step)).toBeLessThanOrEqual(slow.hardware.budgetHours);
      expect(hours(budgetPassedAt!.step + 1)).toBeGreaterThan(slow.hardware.budgetHours);
    }
  });
});
