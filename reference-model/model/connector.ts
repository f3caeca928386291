/**
 * The connector of LLaVA-1.5 (Liu et al. 2023, arXiv 2310.03744): a two-layer MLP that turns visual features into the language
 * model's embeddings; optionally it first folds neighbouring patches into one token (pixel shuffle).
 */
import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../ops/linear.js';
import { activate } from './activation.js';
import type { Model } from './model.js';
import { CONNECTOR_PREFIX } from './parameters.js';

/** [N, V, D] → [N, V/r², r²·D]: each r×r block of patches becomes one token, its patches concatenated row by row. */
function pixelShuffle(features: tf.Tensor, factor: number): tf.Tensor {
  if (factor === 1) return features;
  const [images, patches, channels] = features.shape as [number, number, number];
  const side = Math.round(Math.sqrt(patches));
  const blocks = side / factor;
  const grid = tf.reshape(features, [images, blocks, factor, blocks, factor * channels]);
  return tf.reshape(tf.transpose(grid, [0, 1, 3, 2, 4]), [images, blocks * blocks, factor * factor * channels]);
}

/**
 * @param features [N, V, vision width], from `encodeImages`
 * @returns [N, V / pixelShuffle², language width]
 * @throws ShapeError
 */
export function connect(model: Pick<Model, 'config' | 'weights'>, features: tf.Tensor): tf.Tensor {
  const weight = (name: string): tf.Tensor => model.weights(`${CONNECTOR_PREFIX}.${name}`);
  const { pixelShuffle: factor, activation } = model.config.connector;
  const folded = pixelShuffle(features, factor);
  const inner = activate(linear(folded, weight('linear_1.weight'), weight('linear_1.bias')), activation);
  return linear(inner, weight('linear_2.weight'), weight('linear_2.bias'));
}
