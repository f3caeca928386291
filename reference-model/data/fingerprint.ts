/** One hash over everything that a data set says, in order: whoever has the same fingerprint trained on the same data. */
import { createHash } from 'node:crypto';
import type { Splits } from './dataset.js';

const SPLITS = ['train', 'validation', 'test', 'probe'] as const;

/**
 * SHA-256 in hexadecimal over the splits. Every text and every image is preceded by its length and every list by
 * its count, so that no two data sets read as the same bytes. What a data
 * set does not have of probe and words adds nothing.
 */
export function fingerprintOf(splits: Splits): string {
  const hash = createHash('sha256');
  const text = (value: string): void => {
    const bytes = Buffer.from(value, 'utf8');
    hash.update(`${bytes.length}:`).update(bytes);
  };
  const list = (values: readonly string[]): void => {
    hash.update(`${values.length};`);
    values.forEach(text);
  };
  for (const split of SPLITS) {
    const samples = splits[split];
    if (samples === undefined) continue;
    hash.update(`${split}${samples.length};`);
    for (const { imageId, image, humanCaptions, aiCaptions, questions, words } of samples) {
      text(imageId);
      hash.update(`${image.width}x${image.height}:`).update(image.pixels);
      list(humanCaptions);
      list(aiCaptions);
      hash.update(`${questions.length};`);
      for (const { questionId, question, answer, kind } of questions)
        [questionId, question, answer, kind].forEach(text);
      if (words !== undefined) text(JSON.stringify(words));
    }
  }
  return hash.digest('hex');
}
