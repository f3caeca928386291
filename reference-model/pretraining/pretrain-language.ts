/**
 * Pretrains the language model on text alone: captions, and questions with their answers, mostly after notes of what the scene holds.
 * So it learns to speak of what stands in front of the prompt, where training will later put the visual tokens.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Tokenizer } from '../data/tokenizer/load-tokenizer.js';
import type { LanguageConfig } from '../model/config.js';
import type { Model } from '../model/model.js';
import { buildBatch, imageTextSequence, type SequenceBatch } from '../model/sequence.js';
import { sequenceLoss } from '../model/sequence-loss.js';
import { promptTokens } from '../training/example-batch.js';
import { CAPTION_PROMPT } from '../training/examples.js';
import { optimize, type PretrainingProgress } from './optimize.js';
import { type LanguageExample, languageExample } from './scene-corpus.js';
import type { PretrainingSchedule } from './schedule.js';

/** Texts as a batch without images: notes, begin token, request, answer, end token; only the answer is to be learned. */
export function languageBatch(
  examples: readonly LanguageExample[],
  language: LanguageConfig,
  tokenizer: Tokenizer,
): SequenceBatch {
  const sequences = examples.map(({ source, notes, prompt, answer }) => {
    const request = source === 'questions' ? prompt : CAPTION_PROMPT[source];
    return imageTextSequence({
      image: 0,
      visualTokens: 0,
      prompt: [...tokenizer.encode(notes), ...promptTokens(tokenizer, request)],
      answer: [...tokenizer.encode(answer), tokenizer.special.end],
    });
  });
  return buildBatch(sequences, 'causal', { ...language, visualTokensPerImage: 0, images: 0 });
}

/** Trains the model's language part in place. Returns the mean loss at the end, in nats per answer token. */
export async function pretrainLanguage(
  model: Model,
  tokenizer: Tokenizer,
  schedule: PretrainingSchedule,
  onProgress: (progress: PretrainingProgress) => void,
): Promise<number> {
  const lossOf = (step: number): tf.Scalar => {
    const examples = Array.from({ length: schedule.batchSize }, (_, i) =>
      languageExample(schedule.seed, step * schedule.batchSize + i),
    );
    const batch = languageBatch(examples, model.config.language, tokenizer);
    return sequenceLoss(model, batch, { weight: 1 / batch.labels.length });
  };
  return optimize({ model, part: 'language' }, lossOf, schedule, onProgress);
}
