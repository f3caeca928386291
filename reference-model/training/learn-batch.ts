/**
 * From batches to gradients. Parts in front of the first one that learns run outside the backward pass, so that a frozen trunk saves
 * nothing for it; behind it, the gradient of a frozen weight is never computed.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../model/config.js';
import { connect } from '../model/connector.js';
import type { Model } from '../model/model.js';
import { sequenceLoss } from '../model/sequence-loss.js';
import { encodeImages } from '../model/vision-encoder.js';
import { type ImageBatch, pixelTensor } from '../model/visual-embeddings.js';
import { wordsLoss } from '../model/words-loss.js';
import type { ExampleBatch } from './example-batch.js';
import type { Learner } from './learner.js';
import type { WordsBatch } from './words-batch.js';

/** The visual path up to the first part that learns; the pixels themselves when the vision encoder does. */
function frozenVisualPath(model: Model, batch: ImageBatch, trainable: readonly Part[]): tf.Tensor {
  return model.inference((): tf.Tensor => {
    const input = pixelTensor(batch);
    if (trainable.includes('vision')) return input;
    const features = encodeImages(model, input);
    return trainable.includes('connector') ? features : connect(model, features);
  });
}

/** The rest of the visual path, from where `frozenVisualPath` stopped to the visual embeddings. */
function trainedVisualPath(model: Model, start: tf.Tensor, trainable: readonly Part[]): tf.Tensor {
  if (trainable.includes('vision')) return connect(model, encodeImages(model, start));
  return trainable.includes('connector') ? connect(model, start) : start;
}

/**
 * Adds the gradients of one micro-batch.
 *
 * @param trainable the parts that learn in the learner's stage
 * @param weight factor on the summed loss: 1 / (targets of the whole step), so that micro-batches add up by tokens
 * @param isLast whether no other micro-batch of the step follows
 */
export function learnBatch(
  learner: Learner,
  batch: ExampleBatch,
  {
    trainable,
    weight,
    isLast = false,
  }: { readonly trainable: readonly Part[]; readonly weight: number; readonly isLast?: boolean },
): void {
  const { model } = learner;
  const start = frozenVisualPath(model, batch, trainable);
  learner.backward(
    () =>
      sequenceLoss(model, batch.sequences, { visualEmbeddings: trainedVisualPath(model, start, trainable), weight }),
    { isLast },
  );
  start.dispose();
}

/**
 * Adds the gradients of all micro-batches of one step.
 * @param targets of the whole step; those of the batches where other processes learn nothing of it
 */
export function learnBatches(
  learner: Learner,
  batches: readonly ExampleBatch[],
  trainable: readonly Part[],
  targets: number = batches.reduce((sum, { sequences }) => sum + sequences.labels.length, 0),
): void {
  for (const [index, batch] of batches.entries()) {
    learnBatch(learner, batch, { trainable, weight: 1 / targets, isLast: index === batches.length - 1 });
  }
}

/**
 * Adds the gradients of a step of a words stage: the mean over all of its targets.
 * @param targets of the whole step; those of the batch where other processes learn nothing of it
 */
export function learnWords(
  learner: Learner,
  batch: WordsBatch,
  trainable: readonly Part[],
  targets: number = batch.targets.labels.length,
): void {
  const { model } = learner;
  const start = frozenVisualPath(model, batch, trainable);
  const weight = 1 / targets;
  learner.backward(() => wordsLoss(model, trainedVisualPath(model, start, trainable), batch.targets, weight), {
    isLast: true,
  });
  start.dispose();
}
