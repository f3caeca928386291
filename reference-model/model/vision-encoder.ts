/**
 * The vision encoder of SigLIP (Zhai et al. 2023, arXiv 2303.15343): patch embedding, learned positions, pre-norm transformer
 * blocks with tanh-GELU, and a final LayerNorm. All patches attend to each other; there is no class token.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../ops/attention.js';
import type { AttentionMask } from '../ops/attention-mask.js';
import { gelu } from '../ops/gelu.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear } from '../ops/linear.js';
import { expectShape } from '../ops/shape-error.js';
import type { VisionConfig } from './config.js';
import type { Model } from './model.js';
import { VISION_PREFIX } from './parameters.js';

const EVERYWHERE: AttentionMask = { kind: 'everywhere' };

/**
 * Cuts images into patches whose pixels are ordered channel, row, column, as the checkpoint's convolution weight is. Two
 * transpositions of few axes: engines copy those natively, but not one of six.
 */
function patchesOf(pixels: tf.Tensor, { imageSize, patchSize }: VisionConfig): tf.Tensor {
  const images = pixels.shape[0]!;
  const side = imageSize / patchSize;
  const bands = tf.reshape(pixels, [images * side, patchSize, side, patchSize * 3]);
  const patches = tf.transpose(bands, [0, 2, 1, 3]); // [N·side, side, row, column·channel]
  const colours = tf.reshape(patches, [images * side * side, patchSize * patchSize, 3]);
  return tf.reshape(tf.transpose(colours, [0, 2, 1]), [images, side * side, 3 * patchSize * patchSize]);
}

/**
 * @param pixels [N, imageSize, imageSize, 3] float32, normalised as the encoder was trained
 * @returns [N, V, hiddenSize] with V patches in row-major order
 * @throws ShapeError
 */
export function encodeImages(model: Model, pixels: tf.Tensor): tf.Tensor {
  const { vision } = model.config;
  const { hiddenSize, patchSize, imageSize, layerNormEpsilon } = vision;
  const images = pixels.shape[0]!;
  expectShape('encodeImages', 'pixels', pixels, [images, imageSize, imageSize, 3]);
  const weight = (name: string): tf.Tensor => model.weights(`${VISION_PREFIX}.${name}`);

  const kernel = tf.reshape(weight('embeddings.patch_embedding.weight'), [hiddenSize, 3 * patchSize * patchSize]);
  const patches = linear(patchesOf(pixels, vision), kernel, weight('embeddings.patch_embedding.bias')); // [N, V, D]
  const placed = tf.add(patches, weight('embeddings.position_embedding.weight')); // [N, V, D]
  let hidden: tf.Tensor = tf.reshape(placed, [images * placed.shape[1]!, hiddenSize]); // rows, until the end
  for (let i = 0; i < vision.layers; i++) {
    hidden = model.segment([hidden], (rows) => encoderLayer(model, i, rows!, images));
  }
  const normed = layerNorm(hidden, weight('post_layernorm.weight'), weight('post_layernorm.bias'), layerNormEpsilon);
  return tf.reshape(normed, placed.shape);
}

function encoderLayer(
  { config, weights }: Model,
  index: number,
  hidden: tf.Tensor, // [N·V, D]
  images: number,
): tf.Tensor {
  const { attentionHeads, layerNormEpsilon } = config.vision;
  const weight = (name: string): tf.Tensor => weights(`${VISION_PREFIX}.encoder.layers.${index}.${name}`);
  const project = (x: tf.Tensor, name: string): tf.Tensor =>
    linear(x, weight(`${name}.weight`), weight(`${name}.bias`));
  const norm = (x: tf.Tensor, name: string): tf.Tensor =>
    layerNorm(x, weight(`${name}.weight`), weight(`${name}.bias`), layerNormEpsilon);
  const [rows, channels] = hidden.shape as [number, number];
  const heads = (x: tf.Tensor): tf.Tensor =>
    tf.reshape(x, [images, rows / images, attentionHeads, channels / attentionHeads]);

  const x = norm(hidden, 'layer_norm1');
  const mixed = attention(
    heads(project(x, 'self_attn.q_proj')),
    heads(project(x, 'self_attn.k_proj')),
    heads(project(x, 'self_attn.v_proj')),
    EVERYWHERE,
  );
  const attended = tf.add(hidden, project(tf.reshape(mixed, hidden.shape), 'self_attn.out_proj'));
  return tf.add(attended, project(gelu(project(norm(attended, 'layer_norm2'), 'mlp.fc1')), 'mlp.fc2'));
}
