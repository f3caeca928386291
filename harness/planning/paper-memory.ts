/**
 * What a training of the paper scale takes on each device of the engine torch, part by part, where nothing is sharded: parts that learn are kept in
 * float32 with float32 gradients and moments, and every part as a 16-bit copy that products are computed with. An estimate from sizes alone.
 */
import {
  encoderTokens,
  type ModelConfig,
  type Part,
  visualTokensPerImage,
} from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import { activationBytes } from './peak-memory.js';

const [BYTES_OF_16_BITS, BYTES_OF_FLOAT32] = [2, 4] as const;
/** Logits that the engine torch holds at once, at most; a loss with more computes them in chunks. */
const LOGITS_AT_ONCE = 2 ** 25;

export interface PaperMemory {
  /** 16-bit copies of all parts. */
  readonly weights: number;
  /** Of the most that learns at once, as are gradients and moments. */
  readonly masterWeights: number;
  readonly gradients: number;
  readonly moments: number;
  /** Of one pass, as the scale has it: kept, or computed again. */
  readonly activations: number;
  /** Logits of one pass and their gradient, in chunks. */
  readonly logits: number;
  readonly total: number;
}

/** The same quantities the other way. */
export interface MemoryChoices {
  readonly activationsKept: number;
  readonly activationsCheckpointed: number;
  readonly logitsWhole: number;
  readonly logitsInChunks: number;
}

/** One pass of a stage on one device. */
export interface PaperPass {
  readonly trainable: readonly Part[];
  readonly examples: number;
  /** Visual and text tokens of one example. */
  readonly sequenceLength: number;
  readonly answerTokens: number;
}

export function memoryChoices(model: ModelConfig, passes: readonly PaperPass[]): MemoryChoices {
  const most = (bytesOf: (pass: PaperPass) => number) => Math.max(0, ...passes.map(bytesOf));
  const scores = (pass: PaperPass) => pass.examples * pass.answerTokens * model.language.vocabularySize;
  return {
    activationsKept: most((pass) => keptBytes(model, pass)),
    activationsCheckpointed: most((pass) => checkpointedBytes(model, pass)),
    // Logits and their gradient, both float32.
    logitsWhole: most((pass) => 2 * BYTES_OF_FLOAT32 * scores(pass)),
    logitsInChunks: most((pass) => 2 * BYTES_OF_FLOAT32 * Math.min(scores(pass), LOGITS_AT_ONCE)),
  };
}

export function paperMemory(
  model: ModelConfig,
  passes: readonly PaperPass[],
  { checkpointed }: { readonly checkpointed: boolean },
): PaperMemory {
  const counts = parameterCount(model);
  const count = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + counts[part], 0);
  const learning = Math.max(0, ...passes.map(({ trainable }) => count([...new Set(trainable)])));
  const { activationsKept, activationsCheckpointed, logitsInChunks } = memoryChoices(model, passes);
  const parts = {
    weights: BYTES_OF_16_BITS * count(['vision', 'connector', 'language']),
    masterWeights: BYTES_OF_FLOAT32 * learning,
    gradients: BYTES_OF_FLOAT32 * learning,
    moments: 2 * BYTES_OF_FLOAT32 * learning,
    activations: checkpointed ? activationsCheckpointed : activationsKept,
    logits: logitsInChunks,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

/** Fused attention keeps no probabilities; logits are counted on their own. */
function keptBytes(model: ModelConfig, { trainable, examples, sequenceLength }: PaperPass): number {
  const pass = { examples, sequenceLength, answerTokens: 0 };
  return activationBytes(model, trainable, pass, { bytesPerNumber: BYTES_OF_16_BITS, probabilities: false });
}

/** The input of every block is kept, and what is inside for one block at a time. */
function checkpointedBytes(model: ModelConfig, pass: PaperPass): number {
  const { vision, language } = model;
  const learnsVision = pass.trainable.includes('vision');
  const inputs =
    (learnsVision ? vision.layers * encoderTokens(vision) * vision.hiddenSize : 0) +
    language.layers * pass.sequenceLength * language.hiddenSize;
  const block = (part: 'vision' | 'language') => keptBytes(withOneBlock(model, part), pass);
  const largest = Math.max(learnsVision ? block('vision') : 0, block('language'));
  return BYTES_OF_16_BITS * pass.examples * inputs + largest;
}

/** With one block of a part and none of the other; the connector stays. */
function withOneBlock(model: ModelConfig, part: 'vision' | 'language'): ModelConfig {
  const layersOf = (other: 'vision' | 'language') => (part === other ? 1 : 0);
  return {
    ...model,
    vision: { ...model.vision, layers: layersOf('vision') },
    language: { ...model.language, layers: layersOf('language') },
  };
}

/** Positions of one example. */
export const sequenceLengthOf = (model: ModelConfig, textTokens: number): number =>
  visualTokensPerImage(model) + textTokens;
