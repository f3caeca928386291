/** A model small enough for exhaustive tests, with weights large enough that every position matters. */
import * as tf from '@tensorflow/tfjs-core';
import type { LanguageConfig, ModelConfig } from '../../../reference-model/model/config.js';
import { type Model, modelFrom } from '../../../reference-model/model/model.js';
import { createParameters } from '../../../reference-model/model/parameters.js';
import { randomStream } from '../../../reference-model/numerics/random.js';

export const TINY: ModelConfig = {
  vision: {
    imageSize: 8,
    patchSize: 2,
    hiddenSize: 12,
    intermediateSize: 20,
    layers: 1,
    attentionHeads: 2,
    layerNormEpsilon: 1e-6,
  },
  connector: { pixelShuffle: 2 },
  language: {
    vocabularySize: 11,
    hiddenSize: 16,
    intermediateSize: 24,
    layers: 2,
    attentionHeads: 4,
    keyValueHeads: 2,
    rotaryBase: 100,
    rmsNormEpsilon: 1e-6,
    maximumPositions: 40,
  },
};

/** Biases and norms are random too, so that none of them can be forgotten unnoticed. */
export function tinyModel({
  seed = 1,
  language = {},
  config: base = TINY,
}: {
  readonly seed?: number;
  readonly language?: Partial<LanguageConfig>;
  readonly config?: ModelConfig;
} = {}): Model {
  const config = { ...base, language: { ...base.language, ...language } };
  const parameters = createParameters(config, ({ name, shape, initialization }) => {
    const stream = randomStream(seed, 'tiny-model', name);
    const size = shape.reduce((product, length) => product * length, 1);
    const centre = initialization.kind === 'ones' ? 1 : 0;
    const spread = initialization.kind === 'normal' ? Math.max(0.3, initialization.standardDeviation) : 0.2;
    return Float32Array.from({ length: size }, () => centre + spread * stream.normal());
  });
  return modelFrom(config, parameters);
}

export function randomTensor(shape: readonly number[], ...name: readonly (string | number)[]): tf.Tensor {
  const stream = randomStream(5, ...name);
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => stream.normal()),
    [...shape],
  );
}
