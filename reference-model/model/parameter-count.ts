/** Counts the weights of each part of a model from its configuration alone, for plans and compute estimates. */
import type { ModelConfig, Part } from './config.js';

/** Weights per part: SigLIP encoder, two-layer connector, Qwen2 decoder with tied embeddings and query/key/value biases. */
export function parameterCount({ vision, connector, language }: ModelConfig): Readonly<Record<Part, number>> {
  const patches = (vision.imageSize / vision.patchSize) ** 2;
  const wide = vision.hiddenSize;
  const encoderLayer =
    4 * (wide * wide + wide) + // query, key, value, output projections with biases
    2 * wide * vision.intermediateSize +
    vision.intermediateSize +
    wide + // two-layer MLP with biases
    4 * wide; // two layer norms
  const encoder = 3 * vision.patchSize ** 2 * wide + wide + patches * wide + vision.layers * encoderLayer + 2 * wide;

  const width = language.hiddenSize;
  const connectorInput = wide * connector.pixelShuffle ** 2;
  const keyValue = (width / language.attentionHeads) * language.keyValueHeads;
  const decoderLayer =
    width * width +
    width +
    2 * (width * keyValue + keyValue) +
    width * width + // query, key and value, output
    3 * width * language.intermediateSize + // gate, up, down
    2 * width; // two RMS norms
  return {
    vision: encoder,
    connector: connectorInput * width + width + width * width + width,
    language: language.vocabularySize * width + language.layers * decoderLayer + width,
  };
}
