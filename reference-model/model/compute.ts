/** What the forward pass asks of the engine that runs it. `Learner` says what stands behind it while a model is trained. */
import type * as tf from '@tensorflow/tfjs-core';
import type { SegmentBlock, SegmentContext } from '../ops/segment.js';

export interface Compute {
  /**
   * A parameter as the forward pass multiplies with it; nothing else of a parameter is ever asked for. Behind it may stand a frozen
   * weight, one rounded to 16 bits, or one gathered from shards for this use.
   *
   * @throws Error when the model has no parameter of this name
   */
  weights(name: string): tf.Tensor;
  /**
   * Runs a block of the model. Its inner results need not be kept for the backward pass, as an engine may run it a second time there, nor
   * need it be run at all where an engine knows what it does: `block` is a function of its arguments and of its weights alone.
   */
  segment(hidden: tf.Tensor, context: SegmentContext, block: SegmentBlock): tf.Tensor;
  /** Runs a body without gradients; of its tensors only those that it returns are left, as in `tf.tidy`. */
  inference<Result extends tf.TensorContainer>(body: () => Result): Result;
}
