/**
 * What it saves that questions about one image share a pass over it: the time of a training step on batches like finding 4's, eight
 * questions an image, each in a sequence of its own and all in one. Both learn the same examples, in turns in one process.
 */
import { readFindings } from '../../harness/suite/find-suite.js';
import { planSuite } from '../../harness/suite/plan.js';
import { loadDataSet } from '../../reference-model/data/load-dataset.js';
import { activateEngine } from '../../reference-model/engines/registry.js';
import { createModel, disposeModel } from '../../reference-model/model/model.js';
import { batchSizes, isTextStage, type TextStage } from '../../reference-model/recipe/recipe.js';
import { createLearner } from '../../reference-model/training/create-learner.js';
import { buildMicroBatches } from '../../reference-model/training/example-batch.js';
import { planBatches } from '../../reference-model/training/examples.js';
import { learnBatches } from '../../reference-model/training/learn-batch.js';
import { modelTokenizer } from '../../reference-model/training/model-tokenizer.js';
import { interleavedMedians, type Measurement } from './measurement.js';

const QUESTIONS_PER_IMAGE = 8;

export async function benchmarkSharedImages(): Promise<Measurement[]> {
  await activateEngine('wasm');
  const { config } = planSuite(readFindings('4')[0]!).runs[0]!;
  const { recipe, model: modelConfig } = config;
  const adapt = recipe.stages.filter(isTextStage).findLast(({ steps }) => steps > 0)!;
  const { batchSize, microBatchSize } = batchSizes(recipe, adapt);
  const stage: TextStage = { ...adapt, mixture: { questions: 1 }, questionsPerImage: QUESTIONS_PER_IMAGE };
  const data = await loadDataSet({ name: 'tiny-scenes' });
  const tokenizer = modelTokenizer(modelConfig.language.vocabularySize);
  const model = createModel(modelConfig, 1);
  const learner = createLearner({ model, optimizer: recipe.optimizer });
  learner.enterStage(stage.trainable);
  const batches = planBatches(data.splits.train, stage, batchSize, 1);

  const stepOf = (questionsPerImage: number) => {
    let step = 0;
    return async (): Promise<void> => {
      const size = { size: microBatchSize, questionsPerImage };
      const micro = buildMicroBatches(batches.batch(step++), size, modelConfig, tokenizer, stage.attentionMask);
      learnBatches(learner, micro, stage.trainable);
      learner.update({ vision: 0, connector: 0, language: 0 }, { stage: stage.name, step, exampleIds: [] });
      learner.settle();
    };
  };
  const { alone, shared } = await interleavedMedians(
    { alone: stepOf(1), shared: stepOf(QUESTIONS_PER_IMAGE) },
    { rounds: 40 },
  );
  learner.dispose();
  disposeModel(model);
  return [
    { name: `step of ${batchSize} questions, each with its image`, value: alone!, unit: 'ms' },
    { name: `the same, ${QUESTIONS_PER_IMAGE} questions sharing each image`, value: shared!, unit: 'ms' },
    { name: 'speed-up by sharing', value: alone! / shared!, unit: '×', bar: 2 },
  ];
}
