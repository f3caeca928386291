/** A run small enough for unit tests: a narrow model, few steps, generated data. */
import type { DataSet, Sample } from '../../../reference-model/data/dataset.js';
import { loadDataSet } from '../../../reference-model/data/load-dataset.js';
import type { Optimizer, Recipe, RunConfig, Stage } from '../../../reference-model/recipe/recipe.js';

const TINY_OPTIMIZER: Optimizer = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
  warmupShare: 0.1,
  finalShare: 0.1,
};

const TINY_STAGES: readonly Stage[] = [
  {
    name: 'align',
    steps: 3,
    trainable: ['connector'],
    learningRate: { connector: 3e-3 },
    mixture: { 'ai-captions': 1 },
    attentionMask: 'causal',
  },
  {
    name: 'joint',
    steps: 4,
    trainable: ['vision', 'connector', 'language'],
    learningRate: { vision: 1e-3, connector: 2e-3, language: 2e-3 },
    mixture: { 'human-captions': 1, questions: 1 },
    attentionMask: 'visual-bidirectional',
  },
];

export function tinyRun(recipe: Partial<Recipe> = {}, seed = 7): RunConfig {
  return {
    data: { name: 'tiny-scenes' },
    model: {
      vision: {
        imageSize: 32,
        patchSize: 8,
        hiddenSize: 16,
        intermediateSize: 32,
        layers: 1,
        attentionHeads: 2,
        layerNormEpsilon: 1e-6,
      },
      connector: { pixelShuffle: 1 },
      language: {
        vocabularySize: 216,
        hiddenSize: 16,
        intermediateSize: 32,
        layers: 2, // with one layer no text position could tell what visual tokens see
        attentionHeads: 2,
        keyValueHeads: 1,
        rotaryBase: 10_000,
        rmsNormEpsilon: 1e-6,
        maximumPositions: 96,
      },
    },
    recipe: {
      batchSize: 8,
      microBatchSize: 8,
      optimizer: TINY_OPTIMIZER,
      stages: TINY_STAGES,
      initialization: { vision: 'random', language: 'random' },
      validateEverySteps: 100,
      validationExamples: 8,
      checkpointEverySteps: 100,
      ...recipe,
    },
    seed,
    generation: { strategy: 'greedy', beamWidth: 1, maximumNewTokens: 8, batchSize: 8 },
    evaluation: { split: 'test', captionImages: 4, questions: 4 },
  };
}

export function tinyData(): Promise<DataSet<Sample>> {
  return loadDataSet({ name: 'tiny-scenes', tinyScenes: { sizes: { train: 40, validation: 16, test: 16 } } });
}
