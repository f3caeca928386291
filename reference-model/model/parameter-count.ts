/** Counts the weights of each part of a model from its configuration alone, for plans and compute estimates. */
import { encoderTokens, type ModelConfig, type Part } from './config.js';

/** Weights per part; a head that is tied to the token table is counted once. */
export function parameterCount({ vision, connector, language }: ModelConfig): Readonly<Record<Part, number>> {
  const wide = vision.hiddenSize;
  const encoderLayer =
    4 * (wide * wide + wide) + // query, key, value, output projections with biases
    2 * wide * vision.intermediateSize +
    vision.intermediateSize +
    wide + // two-layer MLP with biases
    4 * wide; // two layer norms
  const { family = 'siglip', finalNorm = true } = vision;
  // CLIP: class token and the norm in front instead of the bias of the patches.
  const ends = (family === 'clip' ? 3 * wide : wide) + (finalNorm ? 2 * wide : 0);
  const table = encoderTokens(vision) * wide;
  const encoder = 3 * vision.patchSize ** 2 * wide + table + ends + vision.layers * encoderLayer;

  const width = language.hiddenSize;
  const connectorInput = wide * connector.pixelShuffle ** 2;
  const keyValue = (width / language.attentionHeads) * language.keyValueHeads;
  const { attentionBias = 'query-key-value', tiedHead = true } = language;
  const biases = { 'query-key-value': width + 2 * keyValue, all: 2 * width + 2 * keyValue, none: 0 }[attentionBias];
  const decoderLayer =
    2 * width * width +
    2 * width * keyValue +
    biases + // query, key and value, output
    3 * width * language.intermediateSize + // gate, up, down
    2 * width; // two RMS norms
  return {
    vision: encoder,
    connector: connectorInput * width + width + width * width + width,
    language: (tiedHead ? 1 : 2) * language.vocabularySize * width + language.layers * decoderLayer + width,
  };
}
