/** How the embedded backbones are pretrained. Fixed here, because the shipped weights are the result of exactly these numbers. */
import type { ModelConfig } from '../model/config.js';
import type { Optimizer } from '../recipe/recipe.js';

export interface PretrainingSchedule {
  readonly seed: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

export const PRETRAINING_OPTIMIZER: Optimizer = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
  warmupShare: 0.05,
  finalShare: 0.05,
};

/** The model shape that the shipped backbones belong to; the embedded suites use the same. */
export const EMBEDDED_MODEL: ModelConfig = {
  vision: {
    imageSize: 32,
    patchSize: 8,
    hiddenSize: 64,
    intermediateSize: 256,
    layers: 1,
    attentionHeads: 4,
    layerNormEpsilon: 1e-6,
  },
  connector: { pixelShuffle: 1 },
  language: {
    vocabularySize: 216,
    hiddenSize: 64,
    intermediateSize: 192,
    layers: 3,
    attentionHeads: 4,
    keyValueHeads: 2,
    rotaryBase: 10_000,
    rmsNormEpsilon: 1e-6,
    maximumPositions: 96,
  },
};

export const VISION_SCHEDULE: PretrainingSchedule = { seed: 20_001, steps: 2000, batchSize: 64, learningRate: 2e-3 };
export const LANGUAGE_SCHEDULE: PretrainingSchedule = { seed: 20_002, steps: 6000, batchSize: 32, learningRate: 3e-3 };
