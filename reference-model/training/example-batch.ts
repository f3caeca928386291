/** From examples to what the model consumes: normalised pixels, one image per example, and the token sequences. */
import { normalizeBatch } from '../data/preprocessing.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { type MaskKind, type ModelConfig, visualTokensPerImage } from '../model/config.js';
import { buildBatch, imageTextSequence, type SequenceBatch } from '../model/sequence.js';
import type { ImageBatch } from '../model/visual-embeddings.js';
import type { Example } from './examples.js';

export interface ExampleBatch extends ImageBatch {
  readonly sequences: SequenceBatch;
}

/** The tokens in front of an answer: the begin token, then the prompt. The image's visual tokens stand before both. */
export function promptTokens(tokenizer: Tokenizer, prompt: string): readonly number[] {
  return [tokenizer.special.begin, ...tokenizer.encode(prompt)];
}

/** An example with its text as token ids. */
interface TokenizedExample {
  readonly example: Example;
  readonly prompt: readonly number[];
  /** Ends with the end token. */
  readonly answer: readonly number[];
}

const tokenize = (example: Example, tokenizer: Tokenizer): TokenizedExample => ({
  example,
  prompt: promptTokens(tokenizer, example.prompt),
  answer: [...tokenizer.encode(example.answer), tokenizer.special.end],
});

/** Builds a batch in the order of the examples. Throws SequenceError when an example is longer than the model allows. */
export function buildExampleBatch(
  examples: readonly Example[],
  model: ModelConfig,
  tokenizer: Tokenizer,
  maskKind: MaskKind,
): ExampleBatch {
  return assembleBatch(
    examples.map((example) => tokenize(example, tokenizer)),
    model,
    maskKind,
  );
}

/**
 * Splits a step's examples into micro-batches of like length, so that little padding is computed. Gradients are weighted by tokens,
 * so the grouping changes the result only by rounding.
 */
export function buildMicroBatches(
  examples: readonly Example[],
  size: number,
  model: ModelConfig,
  tokenizer: Tokenizer,
  maskKind: MaskKind,
): readonly ExampleBatch[] {
  const byLength = examples
    .map((example) => tokenize(example, tokenizer))
    .sort((a, b) => a.prompt.length + a.answer.length - (b.prompt.length + b.answer.length));
  return Array.from({ length: Math.ceil(examples.length / size) }, (_, i) =>
    assembleBatch(byLength.slice(i * size, (i + 1) * size), model, maskKind),
  );
}

function assembleBatch(examples: readonly TokenizedExample[], model: ModelConfig, maskKind: MaskKind): ExampleBatch {
  const visualTokens = visualTokensPerImage(model);
  const sequences = examples.map(({ prompt, answer }, image) =>
    imageTextSequence({ image, visualTokens, prompt, answer }),
  );
  return {
    imageCount: examples.length,
    imageSize: model.vision.imageSize,
    pixels: normalizeBatch(examples.map(({ example }) => example.sample.image)),
    sequences: buildBatch(sequences, maskKind, {
      vocabularySize: model.language.vocabularySize,
      maximumPositions: model.language.maximumPositions,
      visualTokensPerImage: visualTokens,
      images: examples.length,
    }),
  };
}
