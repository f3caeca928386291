/**
 * Bootstrap confidence intervals of one statistic: percentile and BCa (bias-corrected and accelerated).
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 13 and 14.
 */
import { normalDistribution, normalQuantile } from '../numerics/normal-distribution.js';

export type Interval = readonly [low: number, high: number];

export type IntervalMethod = 'bca' | 'percentile';

export interface BootstrapOptions {
  readonly resamples?: number;
  readonly seed?: number;
  readonly method?: IntervalMethod;
  /** Confidence level of the interval. */
  readonly level?: number;
}

export const BOOTSTRAP_DEFAULTS = { resamples: 10_000, seed: 1, method: 'bca', level: 0.95 } as const;

/** The interval of a statistic from its bootstrap replicates; `jackknife` holds it with each image left out. */
export function confidenceInterval(
  replicates: Float64Array,
  estimate: number,
  jackknife: Float64Array,
  method: IntervalMethod,
  level: number = BOOTSTRAP_DEFAULTS.level,
): Interval {
  const sorted = Float64Array.from(replicates).sort();
  const tail = (1 - level) / 2;
  if (method === 'percentile') return [quantile(sorted, tail), quantile(sorted, 1 - tail)];

  let below = 0;
  for (const value of sorted) below += value < estimate ? 1 : value === estimate ? 0.5 : 0;
  const bias = normalQuantile(below / sorted.length);
  const acceleration = accelerationOf(jackknife);
  const adjusted = (z: number): number => normalDistribution(bias + (bias + z) / (1 - acceleration * (bias + z)));
  const z = normalQuantile(tail);
  return [quantile(sorted, adjusted(z)), quantile(sorted, adjusted(-z))];
}

/** Skewness of the jackknife values over six: equation 14.15. */
function accelerationOf(jackknife: Float64Array): number {
  let mean = 0;
  for (const value of jackknife) mean += value / jackknife.length;
  let squares = 0;
  let cubes = 0;
  for (const value of jackknife) {
    const deviation = mean - value;
    squares += deviation * deviation;
    cubes += deviation * deviation * deviation;
  }
  // 0 also where tiny deviations underflow.
  const scale = 6 * squares * Math.sqrt(squares);
  return scale === 0 ? 0 : cubes / scale;
}

/** Quantile of sorted values by linear interpolation between order statistics. */
function quantile(sorted: Float64Array, probability: number): number {
  const position = Math.min(Math.max(probability, 0), 1) * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! + (position - lower) * (sorted[upper]! - sorted[lower]!);
}
