/**
 * The gate's decision on a difference Δ = candidate − baseline (greater is better) with its interval [low, high]:
 *
 * - `pass`: low > −margin, a loss of the margin is excluded;
 * - `regression`: high < 0 and Δ ≤ −margin, there is a loss, and the estimate of it reaches the margin;
 * - `inconclusive`: otherwise.
 *
 * Both cannot hold: low ≤ Δ, so low > −margin gives Δ > −margin. A true loss that is certain but smaller than the margin passes. Without
 * a true difference the interval lies below 0 in at most half of its error, 2.5 % at level .95, and the margin only lowers that.
 */

export type GateVerdict = 'pass' | 'regression' | 'inconclusive';

export interface GateInterval {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Not negative. */
  readonly margin: number;
}

/** @throws RangeError for numbers that are not finite, a negative margin, or an interval without its estimate */
export function gateDecision({ difference, low, high, margin }: GateInterval): GateVerdict {
  if (![difference, low, high, margin].every(Number.isFinite) || margin < 0 || low > difference || high < difference) {
    throw new RangeError(`no interval and margin to decide on: ${difference} in ${low} to ${high}, margin ${margin}`);
  }
  if (low > -margin) return 'pass';
  return high < 0 && difference <= -margin ? 'regression' : 'inconclusive';
}
