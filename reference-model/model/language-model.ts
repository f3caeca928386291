/**
 * The decoder of Qwen2 (Yang et al. 2024, arXiv 2407.10671) and Llama (Touvron et al. 2023, arXiv 2302.13971): RMSNorm, rotary positions,
 * grouped-query attention, SwiGLU. They differ in the biases of attention and in whether the output is tied to the token table. Which
 * position sees which is decided by the mask alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../ops/attention.js';
import type { AttentionMask } from '../ops/attention-mask.js';
import { linear, projections } from '../ops/linear.js';
import { rmsNorm } from '../ops/rms-norm.js';
import { rotaryEmbedding } from '../ops/rotary-embedding.js';
import type { SegmentContext } from '../ops/segment.js';
import { expectShape } from '../ops/shape-error.js';
import { swiglu } from '../ops/swiglu.js';
import type { Model } from './model.js';
import { LANGUAGE_PREFIX, OUTPUT_HEAD, TOKEN_TABLE } from './parameters.js';

/** Keys (after rotation) and values of the positions seen so far; training has none. */
export interface KeyValueCache {
  /**
   * Keeps those of new positions of a layer, [B, T, G, D/head] each.
   * @returns those of all positions so far, [B, C ≥ S, G, D/head] each with the first S in use
   */
  extend(layer: number, key: tf.Tensor, value: tf.Tensor): KeysAndValues;
}

interface KeysAndValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

export interface LanguageModelInput {
  /** [B, T, D]; see `mergeEmbeddings`. */
  readonly embeddings: tf.Tensor;
  /** int32 [B, T]: place of each position within its document. */
  readonly positions: tf.Tensor;
  /** Over [B, T, S], with the positions of the cache first. */
  readonly mask: AttentionMask;
  readonly cache?: KeyValueCache;
}

/**
 * @returns [B, T, D] after the last norm
 * @throws ShapeError
 */
export function languageModel(model: Model, { embeddings, positions, mask, cache }: LanguageModelInput): tf.Tensor {
  const { language } = model.config;
  const [batch, length] = embeddings.shape as [number, number];
  expectShape('languageModel', 'embeddings', embeddings, [batch, length, language.hiddenSize]);
  let hidden: tf.Tensor = tf.reshape(embeddings, [batch * length, language.hiddenSize]); // rows, until the end
  const { cosine, sine } = model.rotary;
  for (let i = 0; i < language.layers; i++) {
    const prefix = `${LANGUAGE_PREFIX}.layers.${i}.`;
    const context = { kind: 'decoder', prefix, batch, length, constants: [positions, cosine, sine], mask };
    hidden =
      cache === undefined
        ? model.segment(hidden, context, (rows, given) => decoderLayer(model, rows, given))
        : tf.tidy(() => decoderLayer(model, hidden, context, (key, value) => cache.extend(i, key, value)));
  }
  const scale = model.weights(`${LANGUAGE_PREFIX}.norm.weight`);
  return tf.reshape(rmsNorm(hidden, scale, language.rmsNormEpsilon), embeddings.shape);
}

function decoderLayer(
  { config, weights }: Model,
  hidden: tf.Tensor, // [B·T, D]
  { prefix, batch, length, constants, mask }: SegmentContext,
  extend: (key: tf.Tensor, value: tf.Tensor) => KeysAndValues = (key, value) => ({ key, value }),
): tf.Tensor {
  const { attentionHeads, keyValueHeads, hiddenSize, rmsNormEpsilon } = config.language;
  const { attentionBias = 'query-key-value' } = config.language;
  const weight = (name: string): tf.Tensor => weights(prefix + name);
  const [positions, cosine, sine] = constants as [tf.Tensor, tf.Tensor, tf.Tensor]; // [B, T], and the rotary tables
  const rotary = { cosine, sine };
  const projection = (name: string, hasBias: boolean) => ({
    weight: weight(`self_attn.${name}.weight`),
    bias: hasBias ? weight(`self_attn.${name}.bias`) : undefined,
  });
  const headsOf = (x: tf.Tensor, heads: number): tf.Tensor =>
    tf.reshape(x, [batch, length, heads, hiddenSize / attentionHeads]);

  const x = rmsNorm(hidden, weight('input_layernorm.weight'), rmsNormEpsilon);
  const names = ['q_proj', 'k_proj', 'v_proj'];
  const [q, k, v] = projections(
    x,
    names.map((name) => projection(name, attentionBias !== 'none')),
  );
  const query = rotaryEmbedding(headsOf(q!, attentionHeads), positions, rotary); // [B, T, H, D/H]
  const newKey = rotaryEmbedding(headsOf(k!, keyValueHeads), positions, rotary); // [B, T, G, D/H]
  const newValue = headsOf(v!, keyValueHeads);
  const { key, value } = extend(newKey, newValue);
  const mixed = tf.reshape(attention(query, key, value, mask), hidden.shape);
  const output = projection('o_proj', attentionBias === 'all');
  const attended = tf.add(hidden, linear(mixed, output.weight, output.bias));

  const y = rmsNorm(attended, weight('post_attention_layernorm.weight'), rmsNormEpsilon);
  const [gate, up] = projections(y, [
    { weight: weight('mlp.gate_proj.weight') },
    { weight: weight('mlp.up_proj.weight') },
  ]);
  return tf.add(attended, linear(swiglu(gate!, up!), weight('mlp.down_proj.weight')));
}

/**
 * Scores of the next token, by the token table where the output is tied to it.
 *
 * @param hidden [.., D]
 * @returns [.., vocabularySize]
 */
export function logitsOf(model: Pick<Model, 'config' | 'weights'>, hidden: tf.Tensor): tf.Tensor {
  return linear(hidden, outputWeight(model));
}

/** The projection to the vocabulary, [vocabularySize, D]. */
export function outputWeight({ config, weights }: Pick<Model, 'config' | 'weights'>): tf.Tensor {
  const { tiedHead = true } = config.language;
  return weights(tiedHead ? TOKEN_TABLE : `${OUTPUT_HEAD}.weight`);
}
