/**
 * The scores of a run image by image, from its predictions: for every measure a sum and a count per image, so that the score of the run is
 * the sum of the sums ÷ the sum of the counts. With frozen document frequencies that holds for CIDEr-D as it does for accuracy.
 */

import { forcedGroupsOf } from '../measures/forced-groups.js';
import type { MeasureId } from '../measures/measures.js';
import type { Prediction } from '../records/predictions.js';
import { imageInterval, type ScoreBounds, type ScoreInterval, seedInterval } from '../statistics/score-intervals.js';

export interface ScorePerImage {
  readonly imageIds: readonly string[];
  readonly sums: readonly number[];
  readonly counts: readonly number[];
}

export type SampleScores = Readonly<Partial<Record<MeasureId, ScorePerImage>>>;

/** Images in the order in which the predictions first name them. */
export function sampleScores(predictions: readonly Prediction[]): SampleScores {
  const measures = new Map<MeasureId, Map<string, { sum: number; count: number }>>();
  const add = (measure: MeasureId, imageId: string, score: number) => {
    const images = measures.get(measure) ?? new Map<string, { sum: number; count: number }>();
    measures.set(measure, images);
    const known = images.get(imageId);
    if (known === undefined) images.set(imageId, { sum: score, count: 1 });
    else {
      known.sum += score;
      known.count += 1;
    }
  };
  for (const prediction of predictions) {
    if (prediction.type === 'caption') add(`CIDEr-D/${prediction.style}`, prediction.imageId, prediction.score);
    else if (prediction.type === 'teacher-forced') {
      for (const group of forcedGroupsOf(prediction)) {
        add(`exact-match/${group}`, prediction.imageId, prediction.exact ? 1 : 0);
        add(`answer-loss/${group}`, prediction.imageId, prediction.loss);
      }
    } else {
      const score = prediction.correct ? 1 : 0;
      add('accuracy', prediction.imageId, score);
      add(prediction.kind === 'open' ? 'accuracy/open' : 'accuracy/yes-no', prediction.imageId, score);
    }
  }
  const entries = [...measures].map(([measure, images]) => {
    const values = [...images.values()];
    const sums = values.map(({ sum }) => sum);
    return [measure, { imageIds: [...images.keys()], sums, counts: values.map(({ count }) => count) }] as const;
  });
  return Object.fromEntries(entries);
}

/** 95 % interval of a run's score over images; undefined for a single image. */
export function intervalOverImages(scores: ScorePerImage, bounds?: ScoreBounds): ScoreInterval | undefined {
  return imageInterval(scores, LEVEL, bounds);
}

/** 95 % interval of the mean over seeds; undefined for one. */
export function intervalOverSeeds(scores: readonly number[], bounds?: ScoreBounds): ScoreInterval | undefined {
  return seedInterval(scores, LEVEL, bounds);
}

const LEVEL = 0.95;
