/** The mean of an arm's scores over its seeds with its t interval. */
import { type ScoreBounds, seedInterval } from '../statistics/score-intervals.js';

export interface MeanInterval {
  readonly mean: number;
  /** Absent for one value, and where all have reached the same bound. */
  readonly confidence?: { readonly level: number; readonly low: number; readonly high: number };
}

/**
 * @param values at least one
 * @param bounds that the values and so the interval keep to
 */
export function meanInterval(values: readonly number[], level: number, bounds?: ScoreBounds): MeanInterval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const interval = seedInterval(values, level, bounds);
  return interval === undefined ? { mean } : { mean, confidence: { level, ...interval } };
}
