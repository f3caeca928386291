/** Floating-point operations of examples with one image each, from their tokens: one count for plans and for reports. */
import type { ModelConfig, Part } from './config.js';
import { type Flops, modelFlops } from './model-flops.js';

/** What is computed at once: the examples of a step, or those of an evaluation. */
export interface ExampleWork {
  readonly examples: number;
  /** Positions of all sequences together, visual tokens included, padding not. */
  readonly tokens: number;
  /** Those of them that are learned or generated. */
  readonly answerTokens: number;
  /** Sequences, with one image each, where several examples share one; else there are as many as examples. */
  readonly sequences?: number;
}

/** An estimate: the sequences are taken as equally long and without padding. */
export function exampleFlops(
  model: ModelConfig,
  { examples, tokens, answerTokens, sequences = examples }: ExampleWork,
  trainable: readonly Part[] = [],
): Flops {
  if (examples === 0) return { forward: 0, backward: 0 };
  const shape = { images: sequences, sequences, length: tokens / sequences, targets: answerTokens };
  return modelFlops(model, shape, trainable);
}
