/**
 * How well visual tokens say, without the language model, what they show: each against the token table, for every word of its place. It is
 * the alignment objective of a words stage; no position attends to another in it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../ops/embedding-lookup.js';
import { projectedCrossEntropy } from '../ops/projected-cross-entropy.js';
import type { Model } from './model.js';
import { TOKEN_TABLE } from './parameters.js';

/** Which visual token is to say which word; a token of several words stands once for each. */
export interface WordTargets {
  /** Rows of the visual embeddings of all images, [targets]. */
  readonly rows: Int32Array;
  /** Token ids, [targets]. */
  readonly labels: Int32Array;
}

/**
 * The sum of the cross-entropies of all targets, in nats, times `weight`.
 *
 * @param visualEmbeddings [N, V, D] from `connect`
 * @returns a scalar
 */
export function wordsLoss(
  model: Pick<Model, 'weights'>,
  visualEmbeddings: tf.Tensor,
  { rows, labels }: WordTargets,
  weight = 1,
): tf.Scalar {
  const flat = tf.reshape(visualEmbeddings, [-1, visualEmbeddings.shape.at(-1)!]); // [N·V, D]
  const said = embeddingLookup(flat, tf.tensor1d(rows, 'int32')); // [targets, D]
  const losses = projectedCrossEntropy(said, model.weights(TOKEN_TABLE), tf.tensor1d(labels, 'int32'));
  return tf.mul(tf.sum(losses), weight) as tf.Scalar;
}
