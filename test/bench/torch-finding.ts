/**
 * A training step of finding 1 (first version, joint stage) on `wasm` and on `torch`, in one process: the engines take turns at the same
 * steps. Processor time is compared, which other work on the machine hardly changes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { planSuite } from '../../harness/suite/plan.js';
import { loadDataSet } from '../../reference-model/data/load-dataset.js';
import { loadEmbeddedTokenizer } from '../../reference-model/data/tokenizer/load-tokenizer.js';
import type { EngineName } from '../../reference-model/engines/engine.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { createModel } from '../../reference-model/model/model.js';
import { createLearner } from '../../reference-model/training/create-learner.js';
import { buildMicroBatches } from '../../reference-model/training/example-batch.js';
import { planBatches } from '../../reference-model/training/examples.js';
import { learnBatches } from '../../reference-model/training/learn-batch.js';
import { firstVersion } from '../fixtures/first-version.js';
import { textStage } from '../reference-model/recipe/text-stage.js';
import type { Measurement } from './measurement.js';

const WARM_UP = 30;
const STEPS = 60;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

export async function benchmarkTorchFinding(): Promise<Measurement[]> {
  const { config } = planSuite(firstVersion('finding-1')).runs[0]!;
  const { recipe, model: modelConfig } = config;
  const stage = textStage(recipe.stages.find(({ name }) => name === 'joint'));
  const data = await loadDataSet({ name: 'tiny-scenes' });
  const tokenizer = loadEmbeddedTokenizer();
  const batches = planBatches(data.splits.train, stage, recipe.batchSize, 1);

  const stepperOf = async (name: EngineName) => {
    const { backend } = await activateEngine(name);
    const learner = createLearner({ model: createModel(modelConfig, 1), optimizer: recipe.optimizer });
    learner.enterStage(stage.trainable);
    const milliseconds: number[] = [];
    return {
      milliseconds,
      step: async (index: number): Promise<number> => {
        await tf.setBackend(backend);
        const start = process.cpuUsage();
        const sizes = { size: recipe.microBatchSize };
        const micro = buildMicroBatches(batches.batch(index), sizes, modelConfig, tokenizer, stage.attentionMask);
        learnBatches(learner, micro, stage.trainable);
        const rates = { vision: 1e-3, connector: 1e-3, language: 1e-3 };
        learner.update(rates, { stage: stage.name, step: index + 1, exampleIds: [] });
        const { loss } = learner.settle().at(-1)!;
        const { user, system } = process.cpuUsage(start);
        if (index >= WARM_UP) milliseconds.push((user + system) / 1e3);
        return loss;
      },
    };
  };
  const [wasm, torch] = [await stepperOf('wasm'), await stepperOf('torch')];
  for (let index = 0; index < WARM_UP + STEPS; index++) {
    const losses = [await wasm.step(index), await torch.step(index)] as const;
    if (Math.abs(losses[0] - losses[1]) > 1e-2 * losses[0]) throw new Error(`The losses differ: ${losses.join(', ')}.`);
  }
  const [wasmTime, torchTime] = [median(wasm.milliseconds), median(torch.milliseconds)];
  return [
    { name: 'a step of finding 1 on wasm', value: wasmTime, unit: 'ms' },
    { name: 'a step of finding 1 on torch', value: torchTime, unit: 'ms' },
    { name: 'wasm ÷ torch', value: wasmTime / torchTime, unit: '', bar: 1.5 },
  ];
}
