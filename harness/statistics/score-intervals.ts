/**
 * Intervals of one score, inside the values that the score can take at all: of the mean over seeds, and of one run's score over images.
 *
 * Over seeds it is the t interval, cut at the bounds: what is cut off cannot be the truth, so the coverage stays that of the t interval.
 * Over images an accuracy has Wilson's interval (1927, JASA 22) with the number of independent answers that the spread between images
 * leaves (Korn and Graubard 1998, Survey Methodology 24), since the t interval fails near 0 and 1; other scores have the t interval, cut.
 * The README has the simulated coverage of each.
 */
import { studentTQuantile } from './student-t.js';

/** The values that a score can take, however good or bad. */
export interface ScoreBounds {
  readonly low: number;
  readonly high: number;
}

export interface ScoreInterval {
  readonly low: number;
  readonly high: number;
}

const unbounded: ScoreBounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/**
 * Of the mean over seeds; undefined for one seed, and where all seeds have reached the same bound: their spread then tells nothing of
 * how far others would stay from it.
 */
export function seedInterval(
  scores: readonly number[],
  level: number,
  bounds: ScoreBounds = unbounded,
): ScoreInterval | undefined {
  const count = scores.length;
  if (count < 2) return undefined;
  const mean = scores.reduce((sum, score) => sum + score, 0) / count;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  if (squares === 0 && (mean === bounds.low || mean === bounds.high)) return undefined;
  const half = Math.sqrt(squares / (count - 1) / count) * studentTQuantile((1 + level) / 2, count - 1);
  return within({ low: mean - half, high: mean + half }, mean, bounds);
}

export interface ImageScores {
  /** What each image adds to the score's numerator and denominator: answers right and questions, or a score and 1. */
  readonly sums: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Of a mean over images, or of a ratio of sums with the image as the cluster (linearised; Cochran 1977, Sampling Techniques, section 6.3).
 * Undefined for a single image.
 */
export function imageInterval(
  { sums, counts }: ImageScores,
  level: number,
  bounds: ScoreBounds = unbounded,
): ScoreInterval | undefined {
  const images = sums.length;
  if (images < 2) return undefined;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const score = sums.reduce((sum, value) => sum + value, 0) / total;
  const squares = sums.reduce((sum, value, index) => sum + (value - score * counts[index]!) ** 2, 0);
  const standardError = Math.sqrt((squares * images) / (images - 1)) / total;
  const t = studentTQuantile((1 + level) / 2, images - 1);
  if (bounds.low === 0 && bounds.high === 1 && score >= 0 && score <= 1) {
    // Without any spread each image counts as one answer.
    const answers = standardError === 0 ? images : (score * (1 - score)) / standardError ** 2;
    return wilson(score, answers, t);
  }
  return within({ low: score - t * standardError, high: score + t * standardError }, score, bounds);
}

function wilson(share: number, answers: number, t: number): ScoreInterval {
  const shrink = 1 + (t * t) / answers;
  const centre = (share + (t * t) / (2 * answers)) / shrink;
  const half = (t / shrink) * Math.sqrt((share * (1 - share)) / answers + (t * t) / (4 * answers * answers));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** A score that lies outside its bounds, as a made-up one may, is left alone. */
function within({ low, high }: ScoreInterval, score: number, bounds: ScoreBounds): ScoreInterval {
  if (score < bounds.low || score > bounds.high) return { low, high };
  return { low: Math.max(low, bounds.low), high: Math.min(high, bounds.high) };
}
