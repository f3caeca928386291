/** The mean of an arm's scores over its seeds with its t interval. */
import { studentTQuantile } from '../statistics/student-t.js';

export interface MeanInterval {
  readonly mean: number;
  /** Absent for one value. */
  readonly confidence?: { readonly level: number; readonly low: number; readonly high: number };
}

/** @param values at least one */
export function meanInterval(values: readonly number[], level: number): MeanInterval {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const halfWidth = Math.sqrt(squares / (count - 1) / count) * studentTQuantile((1 + level) / 2, count - 1);
  return { mean, confidence: { level, low: mean - halfWidth, high: mean + halfWidth } };
}
