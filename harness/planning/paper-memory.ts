/**
 * What a training of the paper scale takes on each device of the engine torch, part by part: parts that learn are kept in float32 with float32
 * gradients and moments, and every part as a 16-bit copy that products are computed with. In float32 there are no copies, and what does not
 * learn is float32 too. Devices that shard the optimizer divide moments among themselves, and float32 weights where there are copies. An estimate
 * from sizes alone.
 */

import { LOGITS_AT_ONCE } from '../../reference-model/engines/torch/logits-at-once.js';
import { type ModelConfig, type Part, visualTokensPerImage } from '../../reference-model/model/config.js';
import { parameterCount } from '../../reference-model/model/parameter-count.js';
import type { Keeping } from './engine-memory.js';
import { activationBytes } from './peak-memory.js';

const [BYTES_OF_16_BITS, BYTES_OF_FLOAT32] = [2, 4] as const;

export interface PaperMemory {
  /** 16-bit copies of all parts; in float32 those that do not learn. */
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

/** Bytes of what products are computed with. */
export type BytesPerNumber = 2 | 4;

export function memoryChoices(
  model: ModelConfig,
  passes: readonly PaperPass[],
  bytesPerNumber: BytesPerNumber = BYTES_OF_16_BITS,
): MemoryChoices {
  const most = (bytesOf: (pass: PaperPass) => number) => Math.max(0, ...passes.map(bytesOf));
  const scores = (pass: PaperPass) => pass.examples * pass.answerTokens * model.language.vocabularySize;
  return {
    activationsKept: most((pass) => bytesKept(model, pass, { bytesPerNumber, kept: 'everything' })),
    activationsCheckpointed: most((pass) => bytesKept(model, pass, { bytesPerNumber, kept: 'block-inputs' })),
    // Logits and their gradient, both float32.
    logitsWhole: most((pass) => 2 * BYTES_OF_FLOAT32 * scores(pass)),
    logitsInChunks: most((pass) => 2 * BYTES_OF_FLOAT32 * Math.min(scores(pass), LOGITS_AT_ONCE)),
  };
}

export function paperMemory(
  model: ModelConfig,
  passes: readonly PaperPass[],
  {
    checkpointed,
    bytesPerNumber = BYTES_OF_16_BITS,
    shardedOver = 1,
  }: {
    readonly checkpointed: boolean;
    readonly bytesPerNumber?: BytesPerNumber;
    /** Devices that divide the optimizer among themselves. */
    readonly shardedOver?: number;
  },
): PaperMemory {
  const counts = parameterCount(model);
  const count = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + counts[part], 0);
  const learning = Math.max(0, ...passes.map(({ trainable }) => count([...new Set(trainable)])));
  const { activationsKept, activationsCheckpointed, logitsInChunks } = memoryChoices(model, passes, bytesPerNumber);
  const all = count(['vision', 'connector', 'language']);
  const isShort = bytesPerNumber === BYTES_OF_16_BITS;
  const parts = {
    weights: isShort ? BYTES_OF_16_BITS * all : BYTES_OF_FLOAT32 * (all - learning),
    masterWeights: (BYTES_OF_FLOAT32 * learning) / (isShort ? shardedOver : 1),
    gradients: BYTES_OF_FLOAT32 * learning,
    moments: (2 * BYTES_OF_FLOAT32 * learning) / shardedOver,
    activations: checkpointed ? activationsCheckpointed : activationsKept,
    logits: logitsInChunks,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

/** Fused attention keeps no probabilities; logits are counted on their own. */
function bytesKept(
  model: ModelConfig,
  { trainable, examples, sequenceLength }: PaperPass,
  keeping: Pick<Keeping, 'bytesPerNumber' | 'kept'>,
): number {
  const pass = { examples, sequenceLength, answerTokens: 0 };
  return activationBytes(model, trainable, pass, { probabilities: false, ...keeping });
}

/** Positions of one example. */
export const sequenceLengthOf = (model: ModelConfig, textTokens: number): number =>
  visualTokensPerImage(model) + textTokens;
