/**
 * How likely each word of a verdict is for a true effect: by the noncentral t distribution, exact for a fixed number of seeds whose effects
 * are normal. With [low, high] the t interval at level 1 − α and Δ its middle, a claim is `reproduced` if low > 0 and Δ ≥ m, `contradicted`
 * if high < 0, and `ruled-out` if high < m otherwise. Effects count in the claimed direction.
 */
import { chiSquareQuantile } from './chi-square.js';
import { leastSeeds, noncentralTUpperTail } from './power.js';
import { studentTQuantile } from './student-t.js';

export interface VerdictRule {
  /** Of the effects over seeds, above 0. */
  readonly standardDeviation: number;
  /** At least 0. */
  readonly margin: number;
  /** Two-sided level of the interval; the strictest where several claims are corrected. */
  readonly alpha: number;
}

export interface VerdictChances {
  readonly reproduced: number;
  readonly contradicted: number;
  readonly ruledOut: number;
  /** What the others leave. */
  readonly inconclusive: number;
}

/** @throws RangeError for n below 2, a standard deviation that is not above 0 or a margin below 0 */
export function verdictChances({
  n,
  effect,
  standardDeviation,
  margin,
  alpha,
}: VerdictRule & { readonly n: number; readonly effect: number }): VerdictChances {
  if (!(Number.isInteger(n) && n >= 2) || !(standardDeviation > 0) || !(margin >= 0)) {
    throw new RangeError(
      `chances of a verdict need at least 2 seeds, a spread above 0 and a margin, not ${n}, ${standardDeviation} and ${margin}`,
    );
  }
  const standardError = standardDeviation / Math.sqrt(n);
  const t = studentTQuantile(1 - alpha / 2, n - 1);
  /** P(the interval lies above 0) for effects with this mean, whose estimate has to reach `least` besides. */
  const above = (mean: number, least: number) =>
    noncentralTUpperTail(t, n - 1, { noncentrality: mean / standardError, least: least / standardError });
  const reproduced = above(effect, margin);
  const contradicted = above(-effect, 0);
  const belowMargin = above(margin - effect, 0);
  const ruledOut = Math.max(0, belowMargin - contradicted);
  return { reproduced, contradicted, ruledOut, inconclusive: Math.max(0, 1 - reproduced - contradicted - ruledOut) };
}

/** The chance that no benefit as large as the margin remains possible, if there is none at all: `ruled-out` or `contradicted`. */
export function chanceToRuleOut(question: VerdictRule & { readonly n: number }): number {
  const { contradicted, ruledOut } = verdictChances({ ...question, effect: 0 });
  return contradicted + ruledOut;
}

/** A benefit this many times the margin ought to be found. */
export const benefitInMargins = 1.5;

/** The chance that an effect of 1.5 margins is reproduced. */
export function chanceToReproduce(question: VerdictRule & { readonly n: number }): number {
  return verdictChances({ ...question, effect: benefitInMargins * question.margin }).reproduced;
}

/**
 * The least number of seeds for which both chances above reach the power; undefined when `max` do not, or without a margin.
 * @throws RangeError as `verdictChances`
 */
export function seedsForPower({
  power = 0.8,
  max = 1000,
  ...rule
}: VerdictRule & { readonly power?: number; readonly max?: number }): number | undefined {
  if (rule.margin === 0) return undefined;
  return leastSeeds((n) => Math.min(chanceToRuleOut({ ...rule, n }), chanceToReproduce({ ...rule, n })) >= power, max);
}

/**
 * One-sided upper bound of a standard deviation that was estimated with so many degrees of freedom: σ̂ √(ν ÷ χ²(1 − confidence, ν)).
 * @throws RangeError for degrees of freedom that are not whole or below 1
 */
export function spreadUpperBound({
  standardDeviation,
  degreesOfFreedom,
  confidence = 0.8,
}: {
  readonly standardDeviation: number;
  readonly degreesOfFreedom: number;
  readonly confidence?: number;
}): number {
  return standardDeviation * Math.sqrt(degreesOfFreedom / chiSquareQuantile(1 - confidence, degreesOfFreedom));
}
