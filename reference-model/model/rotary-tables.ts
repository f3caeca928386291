/** Cosines and sines of the rotary embedding, computed in float64 without `Math.cos`, so that their bits are the same everywhere. */
import * as tf from '@tensorflow/tfjs-core';
import { cos, power, sin } from '../numerics/elementary.js';
import type { RotaryTables } from '../ops/rotary-embedding.js';
import type { LanguageConfig } from './config.js';

/**
 * Angle of position p and frequency i: p · base^(−2i/D), with D the width of a head (Su et al. 2021, arXiv 2104.09864, §3.2.2).
 *
 * @returns two tensors [maximumPositions, D/2], which the caller owns
 */
export function rotaryTables({
  hiddenSize,
  attentionHeads,
  rotaryBase,
  maximumPositions,
}: LanguageConfig): RotaryTables {
  const half = hiddenSize / attentionHeads / 2;
  const cosine = new Float32Array(maximumPositions * half);
  const sine = new Float32Array(maximumPositions * half);
  const frequencies = Array.from({ length: half }, (_, i) => power(rotaryBase, -i / half));
  for (let position = 0; position < maximumPositions; position++) {
    frequencies.forEach((frequency, i) => {
      cosine[position * half + i] = cos(position * frequency);
      sine[position * half + i] = sin(position * frequency);
    });
  }
  const shape: [number, number] = [maximumPositions, half];
  return { cosine: tf.tensor2d(cosine, shape), sine: tf.tensor2d(sine, shape) };
}
