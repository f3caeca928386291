/** Answers that a page shows: those without a score first, then the worst and the best, each with a small picture. */
import type { DataSource } from '../../../reference-model/data/source.js';
import type { EvaluationSample } from '../../../reports/evaluation/evaluation-view.js';
import { formatFixed } from '../../../reports/numbers.js';
import { encodedImage } from '../../answerers/encoded-image.js';
import type { Settled } from '../../answers/settled-answers.js';

/** Of each kind. */
const SHOWN = 8;

/** Longest side of a picture in pixels. */
const SIDE = 256;

export async function evaluationSamples(
  settled: readonly Settled[],
  scores: ReadonlyMap<string, number> | undefined,
  data: Pick<DataSource, 'image'>,
): Promise<readonly EvaluationSample[]> {
  const scored = settled
    .filter(({ text, item }) => text !== undefined && scores?.has(item.id) === true)
    .sort((a, b) => scores!.get(a.item.id)! - scores!.get(b.item.id)!);
  const chosen = new Set([
    ...settled.filter(({ text }) => text === undefined).slice(0, SHOWN),
    ...scored.slice(0, SHOWN),
    ...scored.slice(-SHOWN),
    ...(scores === undefined ? settled.slice(0, SHOWN) : []),
  ]);
  const samples: EvaluationSample[] = [];
  for (const one of chosen) {
    const { item } = one;
    samples.push({
      itemId: item.id,
      picture: await pictureOf(item.imageId, data),
      prompt: item.messages.map(({ text }) => text).join('\n'),
      references: item.references,
      said: saidBy(one),
      note: noteOf(one, scores?.get(item.id)),
    });
  }
  return samples;
}

async function pictureOf(imageId: string, data: Pick<DataSource, 'image'>): Promise<string> {
  const { default: sharp } = await import('sharp');
  try {
    const { bytes } = await encodedImage({ stored: await data.image(imageId) });
    const small = sharp(bytes, { limitInputPixels: 100_000_000 })
      .autoOrient()
      .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true });
    return `data:image/png;base64,${(await small.png().toBuffer()).toString('base64')}`;
  } catch {
    // What cannot be decoded has no picture; the scores do not depend on it.
    return '';
  }
}

function saidBy({ outcome, text }: Settled): string {
  switch (outcome.kind) {
    case 'text':
      return (text ?? outcome.text).trim() === '' ? '(empty)' : (text ?? outcome.text);
    case 'refused':
    case 'filtered':
      return outcome.said ?? '(nothing)';
    case 'failed':
      return `(none: ${outcome.reason})`;
    default:
      return outcome satisfies never;
  }
}

function noteOf({ outcome, text }: Settled, score: number | undefined): string {
  if (text !== undefined) return score === undefined ? 'not scored yet' : `score ${formatFixed(score, 3)}`;
  const why = outcome.kind === 'text' ? 'cut at the maximum' : outcome.kind;
  return `${why}: not scored`;
}
