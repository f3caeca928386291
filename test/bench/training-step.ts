/**
 * How much of the matrix product's speed a whole training step reaches: model FLOP/s of finding 1's joint stage (batch assembly,
 * forward, backward, clipping, AdamW) ÷ FLOP/s of our own 256×256 product, both through tfjs in one process.
 */
import * as tf from '@tensorflow/tfjs-core';
import { planSuite } from '../../harness/suite/plan.js';
import { loadDataSet } from '../../reference-model/data/load-dataset.js';
import { loadEmbeddedTokenizer } from '../../reference-model/data/tokenizer/load-tokenizer.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { createModel, disposeModel } from '../../reference-model/model/model.js';
import { modelFlops } from '../../reference-model/model/model-flops.js';
import { createLearner } from '../../reference-model/training/create-learner.js';
import { buildMicroBatches } from '../../reference-model/training/example-batch.js';
import { planBatches } from '../../reference-model/training/examples.js';
import { learnBatches } from '../../reference-model/training/learn-batch.js';
import { firstVersion } from '../fixtures/first-version.js';
import { textStage } from '../reference-model/recipe/text-stage.js';
import { interleavedMedians, type Measurement } from './measurement.js';

const PRODUCT_SIZE = 256;
const PRODUCTS = 15;
const PLACES = 5;

export async function benchmarkTrainingStep(): Promise<Measurement[]> {
  await activateEngine('wasm');
  const { config } = planSuite(firstVersion('finding-1')).runs[0]!;
  const { recipe, model: modelConfig } = config;
  const stage = textStage(recipe.stages.find(({ name }) => name === 'joint'));
  const data = await loadDataSet({ name: 'tiny-scenes' });
  const tokenizer = loadEmbeddedTokenizer();
  const model = createModel(modelConfig, 1);
  const learner = createLearner({ model, optimizer: recipe.optimizer });
  learner.enterStage(stage.trainable);
  const batches = planBatches(data.splits.train, stage, recipe.batchSize, 1);

  let step = 0;
  let flops = 0;
  const trainingStep = async (): Promise<void> => {
    const examples = batches.batch(step++);
    const micro = buildMicroBatches(
      examples,
      { size: recipe.microBatchSize },
      modelConfig,
      tokenizer,
      stage.attentionMask,
    );
    learnBatches(learner, micro, stage.trainable);
    learner.update({ vision: 0, connector: 0, language: 0 }, { stage: stage.name, step, exampleIds: [] });
    learner.settle();
    for (const { imageCount: images, sequences } of micro) {
      const { batchSize, length, labels } = sequences;
      const cost = modelFlops(
        modelConfig,
        { images, sequences: batchSize, length, targets: labels.length },
        stage.trainable,
      );
      flops += cost.forward + cost.backward;
    }
  };
  // The speed of a product depends on where its operands happen to lie in memory: the fastest of several places counts.
  const places = Array.from({ length: PLACES }, (_, i) =>
    tf.randomUniform([PRODUCT_SIZE, PRODUCT_SIZE + i], -1, 1, 'float32', i + 1),
  );
  const operands = places.map((wide) => tf.slice(wide, [0, 0], [PRODUCT_SIZE, PRODUCT_SIZE]) as tf.Tensor2D);
  const contenders: Record<string, () => Promise<void>> = { trainingStep };
  for (const [i, operand] of operands.entries()) {
    const other = operands[(i + 1) % PLACES]!;
    contenders[`products ${i}`] = async () => {
      for (let times = 0; times < PRODUCTS; times++) tf.matMul(operand, other).dispose();
    };
  }
  const { trainingStep: stepTime, ...productTimes } = await interleavedMedians(contenders, { rounds: 60 });
  const stepRate = flops / step / stepTime! / 1e6;
  const productRate = (2 * PRODUCT_SIZE ** 3 * PRODUCTS) / Math.min(...Object.values(productTimes)) / 1e6;
  learner.dispose();
  disposeModel(model);
  tf.dispose([places, operands]);
  return [
    { name: `matrix product, n = ${PRODUCT_SIZE}`, value: productRate, unit: 'GFLOP/s' },
    { name: 'training step of finding 1 (joint stage)', value: stepRate, unit: 'GFLOP/s' },
    { name: 'training step ÷ matrix product', value: stepRate / productRate, unit: '', bar: 0.55 },
  ];
}
