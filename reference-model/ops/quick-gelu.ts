/**
 * GELU approximated by a logistic (Hendrycks & Gimpel 2016, arXiv 1606.08415, §2), as CLIP has it. No kernel of its own: stock operations
 * that engines have natively, with their gradients.
 */
import * as tf from '@tensorflow/tfjs-core';

/** x·σ(1.702·x), elementwise. */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
}
