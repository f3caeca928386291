/** From a batch of sequences and visual embeddings to next-token losses: merging, the decoder, and logits of target rows only. */
import * as tf from '@tensorflow/tfjs-core';
import { embeddingLookup } from '../ops/embedding-lookup.js';
import { projectedCrossEntropy } from '../ops/projected-cross-entropy.js';
import { type KeyValueCache, languageModel, logitsOf, outputWeight } from './language-model.js';
import type { Model } from './model.js';
import { TOKEN_TABLE } from './parameters.js';
import type { SequenceBatch } from './sequence.js';

/**
 * Puts text and visual embeddings in sequence order. Text tokens are looked up first, so that neither the table nor its gradient
 * is copied, and a frozen table has no gradient at all.
 *
 * @param visualEmbeddings [N, V, D] of the batch's images; absent when it has none
 * @returns [B, T, D]
 */
export function mergeEmbeddings(
  { weights }: Pick<Model, 'weights'>,
  { textIds, order, batchSize, length }: SequenceBatch,
  visualEmbeddings?: tf.Tensor,
): tf.Tensor {
  const parts: tf.Tensor[] = [];
  if (textIds.length > 0) {
    parts.push(embeddingLookup(weights(TOKEN_TABLE), tf.tensor1d(textIds, 'int32'))); // [text tokens, D]
  }
  if (visualEmbeddings) parts.push(tf.reshape(visualEmbeddings, [-1, visualEmbeddings.shape.at(-1)!])); // [N·V, D]
  const rows = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  return embeddingLookup(rows, tf.tensor2d(order, [batchSize, length], 'int32'));
}

/**
 * Runs the decoder over a batch.
 *
 * @param cache to keep keys and values in, for generation
 * @returns hidden states, [B, T, D]
 */
export function runSequences(
  model: Model,
  batch: SequenceBatch,
  {
    visualEmbeddings,
    cache,
  }: { readonly visualEmbeddings?: tf.Tensor | undefined; readonly cache?: KeyValueCache } = {},
): tf.Tensor {
  const { batchSize, length } = batch;
  return languageModel(model, {
    embeddings: mergeEmbeddings(model, batch, visualEmbeddings),
    positions: tf.tensor2d(batch.positions, [batchSize, length], 'int32'),
    mask: batch.mask,
    ...(cache === undefined ? {} : { cache }),
  });
}

/**
 * Scores of every token at every target, in the order of `batch.labels`.
 *
 * @param visualEmbeddings [N, V, D] from `connect`; absent when the batch has no image
 * @returns [targets, vocabularySize]
 */
export function targetLogits(model: Model, batch: SequenceBatch, visualEmbeddings?: tf.Tensor): tf.Tensor {
  return logitsOf(model, targetRows(model, batch, visualEmbeddings));
}

/** Hidden states of the rows that have a target, [targets, D]. */
function targetRows(model: Model, batch: SequenceBatch, visualEmbeddings?: tf.Tensor): tf.Tensor {
  const hidden = runSequences(model, batch, { visualEmbeddings });
  const flat = tf.reshape(hidden, [-1, hidden.shape[2]!]);
  return embeddingLookup(flat, tf.tensor1d(batch.targetRows, 'int32'));
}

/**
 * Cross-entropy of every target, in nats, in the order of `batch.labels`.
 *
 * @param visualEmbeddings as of `targetLogits`
 * @returns [targets]
 */
export function targetLosses(model: Model, batch: SequenceBatch, visualEmbeddings?: tf.Tensor): tf.Tensor {
  const rows = targetRows(model, batch, visualEmbeddings);
  return projectedCrossEntropy(rows, outputWeight(model), tf.tensor1d(batch.labels, 'int32'));
}

/**
 * The sum of all target losses, in nats, times `weight`: pass 1 / (targets of the optimiser step) so that gradients accumulated
 * over micro-batches weigh every token alike.
 *
 * @returns a scalar
 */
export function sequenceLoss(
  model: Model,
  batch: SequenceBatch,
  { visualEmbeddings, weight = 1 }: { readonly visualEmbeddings?: tf.Tensor; readonly weight?: number } = {},
): tf.Scalar {
  return tf.mul(tf.sum(targetLosses(model, batch, visualEmbeddings)), weight) as tf.Scalar;
}
