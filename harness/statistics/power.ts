/**
 * What a t test over seeds can find: the power of the one-sample (paired) t test by the noncentral t distribution, the minimum
 * detectable effect of a number of seeds, and the seeds that an effect needs. Only rejections in the direction of the effect count.
 * Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", chapter 2; used for plans, never for verdicts.
 */
import { normalDistribution } from '../../metrics/numerics/normal-distribution.js';
import { studentTQuantile } from './student-t.js';

export interface PowerQuestion {
  /** Of the effects over seeds, above 0. */
  readonly standardDeviation: number;
  /** Two-sided. */
  readonly alpha: number;
  /**
   * What the estimate has to reach besides, as a verdict of `reproduced` asks; by default nothing. An effect of just the margin then has
   * a power of at most a half, however many seeds there are.
   */
  readonly margin?: number;
}

/**
 * Chance that the two-sided t test over n seeds finds a true mean effect, in its direction, and that the estimate reaches the margin.
 *
 * @throws RangeError for n below 2, or a standard deviation that is not above 0
 */
export function powerOfTTest({
  n,
  effect,
  standardDeviation,
  alpha,
  margin = 0,
}: PowerQuestion & { readonly n: number; readonly effect: number }): number {
  if (!(Number.isInteger(n) && n >= 2) || !(standardDeviation > 0)) {
    throw new RangeError(`power needs at least 2 seeds and a spread above 0, not ${n} and ${standardDeviation}`);
  }
  const standardError = standardDeviation / Math.sqrt(n);
  return noncentralTUpperTail(studentTQuantile(1 - alpha / 2, n - 1), n - 1, {
    noncentrality: Math.abs(effect) / standardError,
    least: margin / standardError,
  });
}

/** The least true effect that n seeds find with the power. @throws RangeError as `powerOfTTest` */
export function minimumDetectableEffect({
  n,
  standardDeviation,
  alpha,
  margin = 0,
  power = 0.8,
}: PowerQuestion & { readonly n: number; readonly power?: number }): number {
  const powerOf = (effect: number) => powerOfTTest({ n, effect, standardDeviation, alpha, margin });
  let low = 0;
  let high = standardDeviation;
  while (powerOf(high) < power) {
    low = high;
    high *= 2;
  }
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (powerOf(middle) < power) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The least number of seeds whose t test finds the effect with the power; undefined when `max` do not. @throws RangeError as `powerOfTTest` */
export function seedsNeeded({
  effect,
  standardDeviation,
  alpha,
  power = 0.8,
  max = 1000,
}: Omit<PowerQuestion, 'margin'> & { readonly effect: number; readonly power?: number; readonly max?: number }):
  | number
  | undefined {
  return leastSeeds((n) => powerOfTTest({ n, effect, standardDeviation, alpha }) >= power, max);
}

/** The least number of seeds from 2 on that suffices, where more suffice as well; undefined when `max` do not. */
export function leastSeeds(suffices: (n: number) => boolean, max: number): number | undefined {
  if (!suffices(max)) return undefined;
  let [tooFew, enough] = [1, max];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (suffices(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/**
 * P(T > t and Z + noncentrality ≥ least) for T = (Z + noncentrality) ÷ √(χ² ÷ ν): the normal tail averaged over the distribution of
 * s = √(χ² ÷ ν), by Simpson's rule. s has a density proportional to s^(ν − 1) exp(−ν s² ÷ 2).
 */
export function noncentralTUpperTail(
  t: number,
  degreesOfFreedom: number,
  { noncentrality, least }: { readonly noncentrality: number; readonly least: number },
): number {
  const spread = 9 / Math.sqrt(2 * degreesOfFreedom);
  const from = Math.max(0, 1 - spread);
  const intervals = 1200;
  const step = (1 + spread - from) / intervals;
  let total = 0;
  let tail = 0;
  for (let point = 0; point <= intervals; point++) {
    const s = from + point * step;
    const simpson = point === 0 || point === intervals ? 1 : point % 2 === 1 ? 4 : 2;
    // Relative to the density near its mode, so that nothing overflows.
    const shape = degreesOfFreedom === 1 ? 1 : s ** (degreesOfFreedom - 1);
    const density = shape * Math.exp((degreesOfFreedom * (1 - s * s)) / 2);
    total += simpson * density;
    tail += simpson * density * normalDistribution(noncentrality - Math.max(t * s, least));
  }
  return tail / total;
}
