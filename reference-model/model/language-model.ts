/**
 * The decoder of Qwen2 (Yang et al. 2024, arXiv 2407.10671): RMSNorm, rotary positions, grouped-query attention with biases on
 * query, key and value, SwiGLU, and an output tied to the token table. Which position sees which is decided by the mask alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../ops/attention.js';
import { linear } from '../ops/linear.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotaryEmbedding } from '../ops/rotary-embedding.js';
import { expectShape } from '../ops/shape-error.js';
import { swiglu } from '../ops/swiglu.js';
import type { Model } from './model.js';
import { LANGUAGE_PREFIX, TOKEN_TABLE, weightOf } from './parameters.js';

/** Keys (after rotation) and values of the positions seen so far, one pair per layer, [B, S, G, D/head] each. */
export interface KeyValueCache {
  readonly layers: readonly { readonly key: tf.Tensor; readonly value: tf.Tensor }[];
}

export interface LanguageModelInput {
  /** [B, T, D]; see `mergeEmbeddings`. */
  readonly embeddings: tf.Tensor;
  /** int32 [B, T]: place of each position within its document. */
  readonly positions: tf.Tensor;
  /** bool [B, T, S + T], with S cached positions first. */
  readonly mask: tf.Tensor;
  readonly cache?: KeyValueCache;
}

export interface LanguageModelOutput {
  /** [B, T, D] after the last norm. */
  readonly hidden: tf.Tensor;
  /** Cached positions followed by those of this call. */
  readonly cache: KeyValueCache;
}

type Layer = { readonly hidden: tf.Tensor; readonly key: tf.Tensor; readonly value: tf.Tensor };

/** @throws ShapeError */
export function languageModel(
  model: Model,
  { embeddings, positions, mask, cache }: LanguageModelInput,
): LanguageModelOutput {
  const { config, parameters } = model;
  const [batch, length] = embeddings.shape as [number, number];
  expectShape('languageModel', 'embeddings', embeddings, [batch, length, config.language.hiddenSize]);
  let hidden: tf.Tensor = tf.reshape(embeddings, [batch * length, config.language.hiddenSize]); // rows, until the end
  const layers: Layer[] = [];
  for (let i = 0; i < config.language.layers; i++) {
    const layer = decoderLayer(model, i, hidden, positions, mask, cache?.layers[i]);
    layers.push(layer);
    hidden = layer.hidden;
  }
  const scale = weightOf(parameters, `${LANGUAGE_PREFIX}.norm.weight`);
  return {
    hidden: tf.reshape(rmsNorm(hidden, scale, config.language.rmsNormEpsilon), embeddings.shape),
    cache: { layers: layers.map(({ key, value }) => ({ key, value })) },
  };
}

function decoderLayer(
  { config, parameters, rotary }: Model,
  index: number,
  hidden: tf.Tensor, // [B·T, D]
  positions: tf.Tensor, // [B, T]
  mask: tf.Tensor, // [B, T, S + T]
  cached: KeyValueCache['layers'][number] | undefined,
): Layer {
  const { attentionHeads, keyValueHeads, hiddenSize, rmsNormEpsilon } = config.language;
  const weight = (name: string): tf.Tensor => weightOf(parameters, `${LANGUAGE_PREFIX}.layers.${index}.${name}`);
  const [batch, length] = positions.shape as [number, number];
  const headsOf = (x: tf.Tensor, name: string, heads: number): tf.Tensor =>
    tf.reshape(linear(x, weight(`self_attn.${name}.weight`), weight(`self_attn.${name}.bias`)), [
      batch,
      length,
      heads,
      hiddenSize / attentionHeads,
    ]);

  const x = rmsNorm(hidden, weight('input_layernorm.weight'), rmsNormEpsilon);
  const query = rotaryEmbedding(headsOf(x, 'q_proj', attentionHeads), positions, rotary); // [B, T, H, D/H]
  const newKey = rotaryEmbedding(headsOf(x, 'k_proj', keyValueHeads), positions, rotary); // [B, T, G, D/H]
  const newValue = headsOf(x, 'v_proj', keyValueHeads);
  const key = cached ? tf.concat([cached.key, newKey], 1) : newKey;
  const value = cached ? tf.concat([cached.value, newValue], 1) : newValue;
  const mixed = tf.reshape(attention(query, key, value, mask), hidden.shape);
  const attended = tf.add(hidden, linear(mixed, weight('self_attn.o_proj.weight')));

  const y = rmsNorm(attended, weight('post_attention_layernorm.weight'), rmsNormEpsilon);
  const gated = swiglu(linear(y, weight('mlp.gate_proj.weight')), linear(y, weight('mlp.up_proj.weight')));
  return { hidden: tf.add(attended, linear(gated, weight('mlp.down_proj.weight'))), key, value };
}

/**
 * Scores of the next token, by the tied token table.
 *
 * @param hidden [.., D]
 * @returns [.., vocabularySize]
 */
export function logitsOf({ parameters }: Pick<Model, 'parameters'>, hidden: tf.Tensor): tf.Tensor {
  return linear(hidden, weightOf(parameters, TOKEN_TABLE));
}
