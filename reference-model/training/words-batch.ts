/**
 * The batches of a words stage: images in an order drawn from the seed, and for each visual token the words of the cell that it lies in.
 * Batches are a pure function of (samples, stage, seed, step), as those of texts are.
 */

import { type ModelReader, pixelValues } from '../data/chat/model-reader.js';
import type { DescribedImage, Sample } from '../data/dataset.js';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import { type ModelConfig, visualTokensPerImage } from '../model/config.js';
import type { ImageBatch } from '../model/visual-embeddings.js';
import type { WordTargets } from '../model/words-loss.js';
import { randomStream } from '../numerics/random.js';
import type { WordsStage } from '../recipe/recipe.js';

export interface WordsBatch extends ImageBatch {
  readonly targets: WordTargets;
}

/** Images of each step of the stage. */
export interface ImagePlan<Described extends DescribedImage> {
  /** Of the 0-based step within the stage. */
  batch(step: number): readonly Described[];
}

/**
 * Walks the images epoch after epoch, every epoch a fresh permutation.
 *
 * @throws RangeError when no image says its words
 */
export function planImages<Described extends DescribedImage>(
  samples: readonly Described[],
  stage: WordsStage,
  batchSize: number,
  seed: number,
): ImagePlan<Described> {
  const described = samples.filter(({ words }) => words !== undefined);
  if (described.length === 0) {
    throw new RangeError(`Stage "${stage.name}" learns words, but the data set has none in its train split.`);
  }
  let epoch = -1;
  let order: readonly Described[] = [];
  const at = (position: number): Described => {
    const wanted = Math.floor(position / described.length);
    if (wanted !== epoch) {
      epoch = wanted;
      order = randomStream(seed, 'batches', stage.name, 'words', epoch).shuffle(described);
    }
    return order[position % described.length]!;
  };
  return { batch: (step) => Array.from({ length: batchSize }, (_, slot) => at(step * batchSize + slot)) };
}

/**
 * @param samples with words
 * @throws RangeError for a word that is not a single token
 */
export function buildWordsBatch(samples: readonly Sample[], model: ModelConfig, tokenizer: ModelReader): WordsBatch {
  const side = Math.sqrt(visualTokensPerImage(model));
  const rows: number[] = [];
  const labels: number[] = [];
  for (const [image, { words = [] }] of samples.entries()) {
    for (let token = 0; token < side * side; token++) {
      const row = words[Math.floor((Math.floor(token / side) * words.length) / side)] ?? [];
      for (const word of row[Math.floor(((token % side) * row.length) / side)] ?? []) {
        rows.push(image * side * side + token);
        labels.push(tokenOf(word, tokenizer));
      }
    }
  }
  return {
    imageCount: samples.length,
    imageSize: model.vision.imageSize,
    pixels: pixelValues(
      tokenizer,
      samples.map(({ image }) => image),
    ),
    targets: { rows: Int32Array.from(rows), labels: Int32Array.from(labels) },
  };
}

function tokenOf(word: string, tokenizer: Tokenizer): number {
  const [token, ...more] = tokenizer.encode(word);
  if (token === undefined || more.length > 0) {
    throw new RangeError(`A words stage learns single tokens, and "${word}" takes ${more.length + 1}.`);
  }
  return token;
}
