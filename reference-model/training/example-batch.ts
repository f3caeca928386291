/** From examples to what the model consumes: normalised pixels, one image per sequence, and the token sequences. */
import { exampleTokens, type LaidOutExample, type ModelReader, pixelValues } from '../data/chat/model-reader.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { type MaskKind, type ModelConfig, visualTokensPerImage } from '../model/config.js';
import { branchedSequence, buildBatch, imageTextSequence, type SequenceBatch } from '../model/sequence.js';
import type { ImageBatch } from '../model/visual-embeddings.js';
import type { TextsPerImage } from '../recipe/recipe.js';
import { type Example, isCaptions } from './examples.js';
import { type ImageGroup, imageGroups, packGroups } from './image-groups.js';

export interface ExampleBatch extends ImageBatch {
  readonly sequences: SequenceBatch;
}

/** The tokens in front of an answer: the begin token, then the prompt. The image's visual tokens stand before both. */
export function promptTokens(tokenizer: Tokenizer, prompt: string): readonly number[] {
  return [tokenizer.special.begin, ...tokenizer.encode(prompt)];
}

/** An example with its text as token ids. */
interface TokenizedExample extends LaidOutExample {
  readonly example: Example;
}

/** An example comes back every epoch: its token ids are kept as long as it is. */
const keptTokens = new WeakMap<ModelReader, WeakMap<Example, TokenizedExample>>();

function tokenize(example: Example, tokenizer: ModelReader): TokenizedExample {
  const known = keptTokens.get(tokenizer) ?? new WeakMap<Example, TokenizedExample>();
  keptTokens.set(tokenizer, known);
  const earlier = known.get(example);
  if (earlier !== undefined) return earlier;
  const result = { example, ...exampleTokens(tokenizer, example, example.id) };
  known.set(example, result);
  return result;
}

/** Builds a batch in the order of the examples. Throws SequenceError when an example is longer than the model allows. */
export function buildExampleBatch(
  examples: readonly Example[],
  model: ModelConfig,
  tokenizer: ModelReader,
  maskKind: MaskKind,
): ExampleBatch {
  return buildGroupedBatch(imageGroups(examples), model, tokenizer, maskKind);
}

/** The same with one sequence for each group of examples about one image. */
export function buildGroupedBatch(
  groups: readonly ImageGroup[],
  model: ModelConfig,
  tokenizer: ModelReader,
  maskKind: MaskKind,
): ExampleBatch {
  const tokenized = groups.map((group) => group.map((example) => tokenize(example, tokenizer)));
  return assembleBatch(tokenized, model, tokenizer, maskKind);
}

/**
 * Splits a step's examples into micro-batches of sequences of like length, so that little padding is computed. Gradients are weighted
 * by tokens, so the grouping changes the result only by rounding.
 *
 * @param size examples of a micro-batch, at most, unless one image has more texts
 * The rest of that argument says how many texts about one image share a sequence.
 */
export function buildMicroBatches(
  examples: readonly Example[],
  { size, ...shared }: TextsPerImage & { readonly size: number },
  model: ModelConfig,
  tokenizer: ModelReader,
  maskKind: MaskKind,
): readonly ExampleBatch[] {
  const byLength = imageGroups(examples, shared)
    .map((group) => group.map((example) => tokenize(example, tokenizer)))
    .sort((a, b) => textLength(a, tokenizer) - textLength(b, tokenizer));
  return packGroups(byLength, size).map((groups) => assembleBatch(groups, model, tokenizer, maskKind));
}

/** Tokens of a sequence beside the image; what the texts of a group have in common is there once. */
function textLength(group: readonly TokenizedExample[], tokenizer: ModelReader): number {
  const common = commonLength(group, tokenizer);
  const texts = group.reduce((sum, { prompt, answer }) => sum + prompt.length - common + answer.length, common);
  return (group[0]?.before.length ?? 0) + texts;
}

/** Tokens that all texts of a group begin with: captions of one style answer the same prompt, questions share the begin token. */
function commonLength([first]: readonly TokenizedExample[], { chat }: ModelReader): number {
  if (first !== undefined && isCaptions(first.example.source)) return first.prompt.length;
  return chat === undefined ? 1 : 0;
}

function assembleBatch(
  groups: readonly (readonly TokenizedExample[])[],
  model: ModelConfig,
  tokenizer: ModelReader,
  maskKind: MaskKind,
): ExampleBatch {
  const visualTokens = visualTokensPerImage(model);
  const sequences = groups.map((group, image) => {
    const [{ before, prompt, answer }] = group as [TokenizedExample];
    if (group.length === 1) return imageTextSequence({ image, visualTokens, before, prompt, answer });
    const common = commonLength(group, tokenizer);
    const branches = group.map((one) => ({ prompt: one.prompt.slice(common), answer: one.answer }));
    return branchedSequence({ image, visualTokens, before, beginning: prompt.slice(0, common), branches });
  });
  return {
    imageCount: groups.length,
    imageSize: model.vision.imageSize,
    pixels: pixelValues(
      tokenizer,
      groups.map(([first]) => first!.example.sample.image),
    ),
    sequences: buildBatch(sequences, maskKind, {
      vocabularySize: model.language.vocabularySize,
      maximumPositions: model.language.maximumPositions,
      visualTokensPerImage: visualTokens,
      images: groups.length,
    }),
  };
}
