import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Calibration,
  calibrate,
  calibrationConfig,
  nodeSeconds,
  stageKind,
} from '../../../harness/planning/calibration.js';
import {
  calibrationFile,
  hasCalibrations,
  storeCalibration,
  storedCalibration,
} from '../../../harness/planning/calibration-store.js';
import { runGraph } from '../../../harness/planning/run-graph.js';
import { tokenCounter } from '../../../harness/planning/token-counter.js';
import { loadDataSets } from '../../../harness/run/load-data-sets.js';
import type { Machinery } from '../../../harness/run/machinery.js';
import { exampleFlops } from '../../../reference-model/model/step-flops.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { temporaryFolder } from '../fake/fake-runs.js';
import { fakePlanOfAllWords } from './fake-plan.js';

const plan = fakePlanOfAllWords();
const configs = plan.runs.map(({ config }) => config);
const config = calibrationConfig(configs);
const dataSets = await loadDataSets(fakeMachinery as Machinery, configs);
/** Trains and answers in jumps of the clock. */
const secondsPerStep = 0.5;
const secondsPerAnswers = 3;

async function measured(): Promise<Calibration> {
  let clock = 0;
  const machinery: Machinery = {
    ...(fakeMachinery as Machinery),
    train: (job) =>
      fakeMachinery.train({
        ...job,
        onEvent: (event: Parameters<typeof job.onEvent>[0]) => {
          if (event.type === 'step') clock += secondsPerStep;
          job.onEvent(event);
        },
      }),
    predict: async (...args) => {
      clock += secondsPerAnswers;
      return (fakeMachinery as Machinery).predict(...args);
    },
  };
  return calibrate(config, { machinery, dataSets, startSeconds: 0.25, now: () => clock });
}

describe('a calibration', () => {
  test('trains a few steps of each kind of stage, however often a plan has it', () => {
    const kinds = new Set(configs.flatMap(({ recipe }) => recipe.stages.map(stageKind)));
    expect(config.recipe.stages.map(stageKind)).toEqual([...kinds]);
    expect(new Set(config.recipe.stages.map(({ name }) => name)).size).toBe(kinds.size);
    expect(config.recipe.stages.every(({ steps }) => steps <= 10)).toBe(true);
    expect(config.evaluation.captionImages).toBeGreaterThan(0);
  });

  test('divides the operations of a step by its seconds', async () => {
    const { training, startSeconds } = await measured();
    // The stand-in says that each step has 64 tokens, 16 of them learned.
    for (const stage of config.recipe.stages) {
      const work = { examples: config.recipe.batchSize, tokens: 64, answerTokens: 16 };
      const { forward, backward } = exampleFlops(config.model, work, stage.trainable);
      expect(training[stageKind(stage)]! / ((forward + backward) / secondsPerStep)).toBeCloseTo(1, 9);
    }
    expect(startSeconds).toBe(0.25);
  });

  test('keeps the peak of memory where the engine tells it', async () => {
    expect(await measured()).not.toHaveProperty('peakMemoryBytes');
    const machinery: Machinery = {
      ...(fakeMachinery as Machinery),
      train: (job) => {
        const onEvent: typeof job.onEvent = (event) =>
          job.onEvent(event.type === 'step' ? { ...event, peakMemoryBytes: 1000 + event.step } : event);
        return (fakeMachinery as Machinery).train({ ...job, onEvent });
      },
    };
    const { peakMemoryBytes } = await calibrate(config, { machinery, dataSets, startSeconds: 0 });
    expect(peakMemoryBytes).toBe(1000 + config.recipe.stages.reduce((sum, { steps }) => sum + steps, 0));
  });

  test('gives back the time that was measured, for training and answering alike', async () => {
    const calibration = await measured();
    const { nodes } = runGraph(plan, tokenCounter(dataSets));
    const node = { ...nodes[0]!, validationFlops: 0 };
    const counted = exampleFlops(config.model, tokenCounter(dataSets).evaluation(config)).forward;
    const training = node.stages.reduce(
      (sum, { forwardFlops, backwardFlops, ...stage }) =>
        sum + (forwardFlops + backwardFlops) / calibration.training[stageKind(stage)]!,
      0,
    );
    expect(nodeSeconds(node, calibration)).toBeCloseTo(
      training + (secondsPerAnswers * node.responseFlops) / counted,
      6,
    );
    expect(nodeSeconds(node, { ...calibration, training: {} })).toBeUndefined();
  });
});

describe('stored calibrations', () => {
  const identity = { engine: 'wasm', engineNumerics: 'n', codeVersion: 'c', config } as const;
  const calibration = {
    startSeconds: 1,
    training: { connector: 2e9 },
    validation: 3e9,
    generation: 4e9,
    processorShare: 1,
  };

  test('come back for the same machine, engine, code and configuration, and for no other', () => {
    const file = join(temporaryFolder(), 'cache', 'calibrations.json');
    expect(hasCalibrations(file)).toBe(false);
    expect(storedCalibration(file, identity)).toBeUndefined();
    storeCalibration(file, identity, calibration);
    expect(hasCalibrations(file)).toBe(true);
    expect(storedCalibration(file, identity)).toEqual(calibration);
    expect(storedCalibration(file, { ...identity, config: { ...config, seed: 99 } })).toEqual(calibration);
    for (const other of [{ engineNumerics: 'm' }, { codeVersion: 'd' }, { engine: 'torch' as const }]) {
      expect(storedCalibration(file, { ...identity, ...other })).toBeUndefined();
    }
    storeCalibration(file, { ...identity, codeVersion: 'd' }, { ...calibration, startSeconds: 2 });
    expect(storedCalibration(file, identity)).toEqual(calibration);
  });

  test('are measured again when the file is damaged', () => {
    const file = join(temporaryFolder(), 'calibrations.json');
    writeFileSync(file, '{"schemaVersion": 1, "calibrations": {"a": {"training": -1}}}');
    expect(storedCalibration(file, identity)).toBeUndefined();
    storeCalibration(file, identity, calibration);
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')).calibrations)).toHaveLength(1);
  });

  test('lie in the cache folder of the user', () => {
    expect(calibrationFile({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'vlm-bench', 'calibrations.json'));
    const home = calibrationFile({});
    expect(home).toMatch(/\.cache.vlm-bench.calibrations\.json$/);
    expect(calibrationFile({ XDG_CACHE_HOME: 'relative' })).toBe(home);
  });
});
