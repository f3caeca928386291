/**
 * Loss and gradients of one batch. Parts in front of the first trainable one run outside the gradient tape, so that a frozen trunk
 * saves nothing for a backward pass; behind it, the gradient of a frozen weight is never computed.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Part } from '../model/config.js';
import { connect } from '../model/connector.js';
import type { Model } from '../model/model.js';
import type { Parameter } from '../model/parameters.js';
import { sequenceLoss } from '../model/sequence-loss.js';
import { encodeImages } from '../model/vision-encoder.js';
import { pixelTensor } from '../model/visual-embeddings.js';
import type { ExampleBatch } from './example-batch.js';
import type { ParameterGradient } from './optimizer.js';

/** The visual path up to the first trainable part; the pixels themselves when the vision encoder learns. */
function frozenVisualPath(model: Model, batch: ExampleBatch, trainable: readonly Part[]): tf.Tensor {
  return tf.tidy(() => {
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

/** Parameters of the trainable parts, in the model's order. */
export function trainableParameters(model: Model, trainable: readonly Part[]): readonly Parameter[] {
  return [...model.parameters.values()].filter(({ part }) => trainable.includes(part));
}

/**
 * The caller disposes the gradients.
 *
 * @param weight factor on the summed loss: 1 / (targets of the whole optimiser step), so that micro-batches add up by tokens
 * @returns the weighted loss, and one gradient per parameter of the trainable parts, in the model's order
 */
export function lossAndGradients(
  model: Model,
  batch: ExampleBatch,
  trainable: readonly Part[],
  weight: number,
): { readonly loss: number; readonly gradients: readonly ParameterGradient[] } {
  const start = frozenVisualPath(model, batch, trainable);
  const parameters = trainableParameters(model, trainable);
  const { value, grads } = tf.variableGrads(
    () =>
      sequenceLoss(model, batch.sequences, { visualEmbeddings: trainedVisualPath(model, start, trainable), weight }),
    parameters.map(({ variable }) => variable),
  );
  const loss = value.dataSync()[0]!;
  tf.dispose([value, start]);
  return { loss, gradients: parameters.map((parameter) => ({ parameter, gradient: grads[parameter.variable.name]! })) };
}

/** Sums the gradients of the micro-batches of one optimiser step. */
export function accumulateGradients(
  model: Model,
  batches: readonly ExampleBatch[],
  trainable: readonly Part[],
): { readonly loss: number; readonly gradients: readonly ParameterGradient[] } {
  const targets = batches.reduce((sum, { sequences }) => sum + sequences.labels.length, 0);
  let loss = 0;
  let total: readonly ParameterGradient[] = [];
  for (const batch of batches) {
    const part = lossAndGradients(model, batch, trainable, 1 / targets);
    loss += part.loss;
    total = total.length === 0 ? part.gradients : addGradients(total, part.gradients);
  }
  return { loss, gradients: total };
}

function addGradients(a: readonly ParameterGradient[], b: readonly ParameterGradient[]): readonly ParameterGradient[] {
  return a.map(({ parameter, gradient }, i) => {
    const sum = tf.add(gradient, b[i]!.gradient);
    tf.dispose([gradient, b[i]!.gradient]);
    return { parameter, gradient: sum };
  });
}
