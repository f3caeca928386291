/** What our own engine says of prompts in which placeholders stand for images: scores at every position, and greedy texts. */
import * as tf from '@tensorflow/tfjs-core';
import { generateFrom } from '../../../../reference-model/generation/generate.js';
import { type MaskKind, visualTokensPerImage } from '../../../../reference-model/model/config.js';
import { logitsOf } from '../../../../reference-model/model/language-model.js';
import type { Model } from '../../../../reference-model/model/model.js';
import { placeholderSequence } from '../../../../reference-model/model/placeholder-sequence.js';
import { buildBatch } from '../../../../reference-model/model/sequence.js';
import { runSequences } from '../../../../reference-model/model/sequence-loss.js';
import { visualEmbeddings } from '../../../../reference-model/model/visual-embeddings.js';

export interface OurRequest {
  readonly rows: readonly (readonly number[])[];
  /** Which tokens of each row are of answers; none by default. */
  readonly isAnswer?: readonly (readonly boolean[])[];
  readonly imageToken: number;
  readonly maskKind: MaskKind;
  /** [images, imageSize, imageSize, 3]. */
  readonly pixels: Float32Array;
  readonly end: number;
  readonly maximumNewTokens: number;
}

export interface OurAnswers {
  /** Of each row, [T, vocabulary]. */
  readonly logits: readonly Float32Array[];
  readonly texts: readonly (readonly number[])[];
}

export function ourAnswers(model: Model, request: OurRequest): OurAnswers {
  const { rows, isAnswer = [], imageToken, maskKind, pixels, end, maximumNewTokens } = request;
  const { imageSize } = model.config.vision;
  const imageCount = pixels.length / (imageSize * imageSize * 3);
  const visualTokens = visualTokensPerImage(model.config);
  let firstImage = 0;
  const sequences = rows.map((ids, row) => {
    const sequence = placeholderSequence({
      ids,
      isAnswer: isAnswer[row] ?? [],
      imageToken,
      visualTokensPerImage: visualTokens,
      firstImage,
    });
    firstImage += ids.filter((id) => id === imageToken).length / visualTokens;
    return sequence;
  });
  const { vocabularySize, maximumPositions } = model.config.language;
  const limits = { vocabularySize, maximumPositions, visualTokensPerImage: visualTokens, images: imageCount };
  const batch = buildBatch(sequences, maskKind, limits);
  const visual = tf.tidy(() => visualEmbeddings(model, { imageCount, imageSize, pixels }));
  const all = tf.tidy(
    () => logitsOf(model, runSequences(model, batch, { visualEmbeddings: visual })).dataSync() as Float32Array,
  );
  const logits = rows.map((ids, row) => {
    const begin = row * batch.length * vocabularySize;
    return all.slice(begin, begin + ids.length * vocabularySize);
  });
  const asked = { maskKind, endToken: end, maximumNewTokens, sequences, visualEmbeddings: visual };
  const texts = generateFrom(model, asked);
  visual.dispose();
  return { logits, texts };
}
