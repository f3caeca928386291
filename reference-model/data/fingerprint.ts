/** One hash over everything that a data set says, in order: whoever has the same fingerprint trained on the same data. */
import { createHash } from 'node:crypto';
import type { Sample, SplitName } from './dataset.js';

const SPLITS: readonly SplitName[] = ['train', 'validation', 'test'];

/**
 * SHA-256 in hexadecimal over the three splits. Every text and every image is preceded by its length and every list by
 * its count, so that no two data sets read as the same bytes.
 */
export function fingerprintOf(splits: Readonly<Record<SplitName, readonly Sample[]>>): string {
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
    hash.update(`${split}${splits[split].length};`);
    for (const { imageId, image, humanCaptions, aiCaptions, questions } of splits[split]) {
      text(imageId);
      hash.update(`${image.width}x${image.height}:`).update(image.pixels);
      list(humanCaptions);
      list(aiCaptions);
      hash.update(`${questions.length};`);
      for (const { questionId, question, answer, kind } of questions)
        [questionId, question, answer, kind].forEach(text);
    }
  }
  return hash.digest('hex');
}
