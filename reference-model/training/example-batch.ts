/** From examples to what the model consumes: normalised pixels, one image per example, and the token sequences. */
import { normalizeBatch } from '../data/preprocessing.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { type AttentionMaskKind, type ModelConfig, visualTokensPerImage } from '../model/config.js';
import { buildBatch, imageTextSequence, type SequenceBatch } from '../model/sequence.js';
import type { Example } from './examples.js';

export interface ExampleBatch {
  readonly images: number;
  readonly imageSize: number;
  readonly pixels: Float32Array; // [images, imageSize, imageSize, 3]
  readonly sequences: SequenceBatch;
}

/** The tokens in front of an answer: the begin token, then the prompt. The image's visual tokens stand before both. */
export function promptTokens(tokenizer: Tokenizer, prompt: string): readonly number[] {
  return [tokenizer.special.begin, ...tokenizer.encode(prompt)];
}

/** Builds a batch in the order of the examples. Throws SequenceError when an example is longer than the model allows. */
export function buildExampleBatch(
  examples: readonly Example[],
  model: ModelConfig,
  tokenizer: Tokenizer,
  mask: AttentionMaskKind,
): ExampleBatch {
  const visualTokens = visualTokensPerImage(model);
  const sequences = examples.map(({ prompt, answer }, image) =>
    imageTextSequence({
      image,
      visualTokens,
      prompt: promptTokens(tokenizer, prompt),
      answer: [...tokenizer.encode(answer), tokenizer.special.end],
    }),
  );
  return {
    images: examples.length,
    imageSize: model.vision.imageSize,
    pixels: normalizeBatch(examples.map(({ sample }) => sample.image)),
    sequences: buildBatch(sequences, mask, {
      vocabularySize: model.language.vocabularySize,
      maximumPositions: model.language.maximumPositions,
      visualTokensPerImage: visualTokens,
      images: examples.length,
    }),
  };
}
