/** Cosines and sines of the rotary embedding, computed in float64 without `Math.cos`, so that their bits are the same everywhere. */
import * as tf from '@tensorflow/tfjs-core';
import { cos, power, sin } from '../numerics/elementary.js';
import type { RotaryTables } from '../ops/rotary-embedding.js';
import type { LanguageConfig, RotaryScaling } from './config.js';

/** Cosines and sines in memory, row-major. */
interface RotaryValues {
  readonly shape: readonly [positions: number, frequencies: number];
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/** On the engine: two tensors [maximumPositions, D/2], which the caller owns. */
export function rotaryTables(config: LanguageConfig): RotaryTables {
  const { shape, cosine, sine } = rotaryValues(config);
  return { cosine: tf.tensor2d(cosine, [...shape]), sine: tf.tensor2d(sine, [...shape]) };
}

/** Angle of position p and frequency i: p · base^(−2i/D), with D the width of a head (Su et al. 2021, arXiv 2104.09864, §3.2.2). */
export function rotaryValues({
  hiddenSize,
  attentionHeads,
  rotaryBase,
  maximumPositions,
  rotaryScaling,
}: LanguageConfig): RotaryValues {
  const half = hiddenSize / attentionHeads / 2;
  const cosine = new Float32Array(maximumPositions * half);
  const sine = new Float32Array(maximumPositions * half);
  const plain = Array.from({ length: half }, (_, i) => power(rotaryBase, -i / half));
  const frequencies = rotaryScaling === undefined ? plain : plain.map((f) => scaledFrequency(f, rotaryScaling));
  for (let position = 0; position < maximumPositions; position++) {
    frequencies.forEach((frequency, i) => {
      cosine[position * half + i] = cos(position * frequency);
      sine[position * half + i] = sin(position * frequency);
    });
  }
  return { shape: [maximumPositions, half], cosine, sine };
}

/** Grattafiori et al. 2024 (Llama 3, arXiv 2407.21783), as its published configuration is read: by waves per original context. */
function scaledFrequency(
  frequency: number,
  { factor, lowFrequencyFactor, highFrequencyFactor, originalMaximumPositions }: RotaryScaling,
): number {
  const waves = (originalMaximumPositions * frequency) / (2 * Math.PI);
  const share = (waves - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  const kept = Math.min(1, Math.max(0, share));
  return kept * frequency + ((1 - kept) * frequency) / factor;
}
