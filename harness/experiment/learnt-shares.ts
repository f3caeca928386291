/** What a run has learnt, part by part: accuracy by what a question asks about, and the attributes that its captions get right. */
import { COLORS, SHAPES, SIZES } from '../../reference-model/data/tiny-scenes/scene.js';
import type { Prediction } from '../records/predictions.js';

/** Words of generated captions by the attribute that they name. */
const attributeWords: Readonly<Record<string, readonly string[]>> = {
  'caption-size': SIZES,
  'caption-color': COLORS,
  'caption-shape': SHAPES,
};

/**
 * Shares from 0 to 1, to four digits, by name. An attribute of a caption is right where the caption names the same words of it in the same order as its one
 * reference; captions with several references, and those whose reference names none, are left out.
 */
export function learntShares(predictions: readonly Prediction[]): Readonly<Record<string, number>> {
  const counts = new Map<string, { right: number; all: number }>();
  const count = (name: string, isRight: boolean): void => {
    const known = counts.get(name) ?? { right: 0, all: 0 };
    counts.set(name, { right: known.right + (isRight ? 1 : 0), all: known.all + 1 });
  };
  for (const prediction of predictions) {
    if (prediction.type === 'answer') {
      count(prediction.questionType ?? prediction.kind.replace('/', '-'), prediction.correct);
      continue;
    }
    const [reference, ...others] = prediction.references;
    if (reference === undefined || others.length > 0) continue;
    for (const [name, words] of Object.entries(attributeWords)) {
      const expected = wordsOf(reference, words);
      if (expected !== '') count(name, wordsOf(prediction.text, words) === expected);
    }
  }
  return Object.fromEntries(
    [...counts].sort(byName).map(([name, { right, all }]) => [name, Math.round((right / all) * 1e4) / 1e4]),
  );
}

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : left > right ? 1 : 0;

function wordsOf(text: string, words: readonly string[]): string {
  const found = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return found.filter((word) => words.includes(word)).join(' ');
}
