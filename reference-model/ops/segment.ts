/**
 * A block of a model as an engine sees it, when it decides how the block is run: once, a second time in the backward pass, or from a
 * recording. A block is a function of its hidden states, of this context and of weights under its prefix alone.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionMask } from './attention-mask.js';

export interface SegmentContext {
  /** Blocks of one kind differ in nothing but the prefix of their weights. */
  readonly kind: string;
  /** What the names of the block's weights begin with. */
  readonly prefix: string;
  readonly batch: number;
  readonly length: number;
  /** What else the block computes with; it has no gradient. */
  readonly constants: readonly tf.Tensor[];
  /** Over [batch, length, length]. */
  readonly mask: AttentionMask;
}

/** From hidden states [batch · length, D] to those of the next block. */
export type SegmentBlock = (hidden: tf.Tensor, context: SegmentContext) => tf.Tensor;
