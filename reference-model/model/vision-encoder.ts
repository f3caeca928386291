/**
 * The vision encoder of SigLIP (Zhai et al. 2023, arXiv 2303.15343): patch embedding, learned positions, pre-norm transformer
 * blocks, and a final LayerNorm unless features are taken in front of it. All patches attend to each other. CLIP (Radford et al. 2021,
 * arXiv 2103.00020) adds a class token and a LayerNorm in front.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../ops/attention.js';
import type { AttentionMask } from '../ops/attention-mask.js';
import { layerNorm } from '../ops/layer-norm.js';
import { linear, projections } from '../ops/linear.js';
import type { SegmentContext } from '../ops/segment.js';
import { expectShape } from '../ops/shape-error.js';
import { activate } from './activation.js';
import { encoderTokens, patchesPerSide, type VisionConfig } from './config.js';
import type { Model } from './model.js';
import { VISION_PREFIX } from './parameters.js';

const EVERYWHERE: AttentionMask = { kind: 'everywhere' };

/**
 * Cuts images into patches whose pixels are ordered channel, row, column, as the checkpoint's convolution weight is. Two
 * transpositions of few axes: engines copy those natively, but not one of six.
 */
function patchesOf(pixels: tf.Tensor, vision: VisionConfig): tf.Tensor {
  const { imageSize, patchSize } = vision;
  const images = pixels.shape[0]!;
  const side = patchesPerSide(vision);
  const seen = side * patchSize;
  const whole = seen === imageSize ? pixels : tf.slice(pixels, [0, 0, 0, 0], [images, seen, seen, 3]);
  const bands = tf.reshape(whole, [images * side, patchSize, side, patchSize * 3]);
  const patches = tf.transpose(bands, [0, 2, 1, 3]); // [N·side, side, row, column·channel]
  const colours = tf.reshape(patches, [images * side * side, patchSize * patchSize, 3]);
  return tf.reshape(tf.transpose(colours, [0, 2, 1]), [images, side * side, 3 * patchSize * patchSize]);
}

/** [N, V, D] → [N, 1 + V, D]: the class token stands in front of the patches. */
function withClassToken(patches: tf.Tensor, classToken: tf.Tensor): tf.Tensor {
  const [images, , channels] = patches.shape as [number, number, number];
  return tf.concat([tf.tile(tf.reshape(classToken, [1, 1, channels]), [images, 1, 1]), patches], 1);
}

/**
 * @param pixels [N, imageSize, imageSize, 3] float32, normalised as the encoder was trained
 * @returns [N, V, hiddenSize]: the class token if there is one and it is kept, then the patches in row-major order
 * @throws ShapeError
 */
export function encodeImages(model: Model, pixels: tf.Tensor): tf.Tensor {
  const { vision } = model.config;
  const { family = 'siglip', hiddenSize, patchSize, imageSize, layerNormEpsilon } = vision;
  const { finalNorm = true, dropFirstToken = false } = vision;
  const images = pixels.shape[0]!;
  expectShape('encodeImages', 'pixels', pixels, [images, imageSize, imageSize, 3]);
  const weight = (name: string): tf.Tensor => model.weights(`${VISION_PREFIX}.${name}`);
  const norm = (x: tf.Tensor, name: string): tf.Tensor =>
    layerNorm(x, weight(`${name}.weight`), weight(`${name}.bias`), layerNormEpsilon);
  const isClip = family === 'clip';

  const kernel = tf.reshape(weight('embeddings.patch_embedding.weight'), [hiddenSize, 3 * patchSize * patchSize]);
  const bias = isClip ? undefined : weight('embeddings.patch_embedding.bias');
  const patches = linear(patchesOf(pixels, vision), kernel, bias); // [N, V, D]
  const tokens = isClip ? withClassToken(patches, weight('embeddings.class_embedding')) : patches;
  const placed = tf.add(tokens, weight('embeddings.position_embedding.weight')); // [N, V, D]
  const rows = tf.reshape(placed, [images * encoderTokens(vision), hiddenSize]); // until the end
  let hidden: tf.Tensor = isClip ? norm(rows, 'pre_layrnorm') : rows;
  for (let i = 0; i < vision.layers; i++) {
    const prefix = `${VISION_PREFIX}.encoder.layers.${i}.`;
    const context = {
      kind: 'encoder',
      prefix,
      batch: images,
      length: encoderTokens(vision),
      constants: [],
      mask: EVERYWHERE,
    };
    hidden = model.segment(hidden, context, (inputs, given) => encoderLayer(model, inputs, given));
  }
  const features = tf.reshape(finalNorm ? norm(hidden, 'post_layernorm') : hidden, placed.shape);
  return dropFirstToken ? tf.slice(features, [0, 1, 0], [images, placed.shape[1]! - 1, hiddenSize]) : features;
}

function encoderLayer(
  { config, weights }: Model,
  hidden: tf.Tensor, // [N·V, D]
  { prefix, batch, length, mask }: SegmentContext,
): tf.Tensor {
  const { attentionHeads, layerNormEpsilon, activation } = config.vision;
  const weight = (name: string): tf.Tensor => weights(prefix + name);
  const project = (x: tf.Tensor, name: string): tf.Tensor =>
    linear(x, weight(`${name}.weight`), weight(`${name}.bias`));
  const norm = (x: tf.Tensor, name: string): tf.Tensor =>
    layerNorm(x, weight(`${name}.weight`), weight(`${name}.bias`), layerNormEpsilon);
  const channels = hidden.shape[1]!;
  const heads = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [batch, length, attentionHeads, channels / attentionHeads]);

  const x = norm(hidden, 'layer_norm1');
  const names = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];
  const [query, key, value] = projections(
    x,
    names.map((name) => ({ weight: weight(`${name}.weight`), bias: weight(`${name}.bias`) })),
  );
  const mixed = attention(heads(query!), heads(key!), heads(value!), mask);
  const attended = tf.add(hidden, project(tf.reshape(mixed, hidden.shape), 'self_attn.out_proj'));
  const inner = activate(project(norm(attended, 'layer_norm2'), 'mlp.fc1'), activation);
  return tf.add(attended, project(inner, 'mlp.fc2'));
}
