/**
 * Keys and values of a batch of unfinished texts, allocated once for the longest they may become: a new token is written behind those
 * that are there. Its tensors outlive the scopes in which the model runs.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LanguageConfig } from '../model/config.js';
import type { KeyValueCache } from '../model/language-model.js';
import { cacheWrite } from '../ops/cache-write.js';
import { embeddingLookup } from '../ops/embedding-lookup.js';

interface LayerCache {
  readonly key: tf.Tensor; // [R, C, G, D/H]
  readonly value: tf.Tensor;
}

export class PreallocatedCache implements KeyValueCache {
  #layers: LayerCache[];
  /** Places in use; the next pass writes behind them. */
  #used: number;

  private constructor(layers: LayerCache[], used: number) {
    this.#layers = layers;
    this.#used = used;
  }

  /** @param places positions of the longest text, its prompt included */
  static allocate(
    { layers, keyValueHeads, hiddenSize, attentionHeads }: LanguageConfig,
    { rows, places }: { readonly rows: number; readonly places: number },
  ): PreallocatedCache {
    const empty = () => tf.keep(tf.zeros([rows, places, keyValueHeads, hiddenSize / attentionHeads]));
    return new PreallocatedCache(
      Array.from({ length: layers }, () => ({ key: empty(), value: empty() })),
      0,
    );
  }

  extend(layer: number, key: tf.Tensor, value: tf.Tensor): LayerCache {
    const held = this.#layers[layer]!;
    const written = {
      key: tf.keep(cacheWrite(held.key, key, this.#used)),
      value: tf.keep(cacheWrite(held.value, value, this.#used)),
    };
    tf.dispose([held.key, held.value]);
    this.#layers[layer] = written;
    return written;
  }

  /** Says that a pass has written so many positions in every layer. */
  advance(positions: number): void {
    this.#used += positions;
  }

  /** The cache whose row i continues row `parents[i]`; this one must not be used any more. */
  pick(parents: readonly number[]): PreallocatedCache {
    const rows = this.#layers[0]?.key.shape[0];
    if (parents.length === rows && parents.every((parent, i) => parent === i)) return this;
    const picked = tf.tidy(() => {
      const ids = tf.tensor1d([...parents], 'int32');
      return this.#layers.map(({ key, value }) => ({
        key: tf.keep(pickRows(key, ids)),
        value: tf.keep(pickRows(value, ids)),
      }));
    });
    this.dispose();
    return new PreallocatedCache(picked, this.#used);
  }

  dispose(): void {
    for (const { key, value } of this.#layers) tf.dispose([key, value]);
    this.#layers = [];
  }
}

/** Rows of [R, C, G, D]. */
function pickRows(x: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const [count, places, groups, channels] = x.shape as [number, number, number, number];
  const flat = embeddingLookup(tf.reshape(x, [count, places * groups * channels]), rows);
  return tf.reshape(flat, [rows.shape[0]!, places, groups, channels]);
}
