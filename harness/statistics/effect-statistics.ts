/**
 * Statistics of one effect per seed, whatever the effect is: a difference between two arms, or the gain of a line over doses.
 * The seed is the unit; nothing is resampled from a handful of seeds.
 */
import { type SignFlipTest, signFlipTest } from './sign-flip.js';
import { studentTQuantile, studentTTwoSided } from './student-t.js';

export interface EffectStatistics {
  readonly mean: number;
  /** Of the effects, with n − 1 in the denominator. */
  readonly standardDeviation: number;
  /** t interval of the mean effect, two-sided. */
  readonly confidence: { readonly level: number; readonly low: number; readonly high: number };
  /** Two-sided t test of a mean effect of 0; without p where all effects are equal and not 0, as nothing tells how far seeds stray. */
  readonly tTest: { readonly t: number; readonly degreesOfFreedom: number; readonly p?: number };
  readonly signFlip: SignFlipTest;
  /** Cohen's d_z: mean effect ÷ standard deviation of the effects. */
  readonly effectSize: number;
  /**
   * True when all effects are equal, so that their spread cannot be estimated: the interval shrinks to the mean, and t and effect
   * size are given as 0 because they are not defined. If all effects are 0, p is 1; else there is none.
   */
  readonly degenerate: boolean;
}

export interface EffectOptions {
  /** Two-sided; the interval has level 1 − alpha. */
  readonly alpha: number;
  /** Largest absolute score that the effects were computed from: what rounding is measured against. Default: largest effect. */
  readonly magnitude?: number;
}

/** @throws RangeError for fewer than two effects or one that is not finite */
export function effectStatistics(
  effects: readonly number[],
  { alpha, magnitude = Math.max(...effects.map(Math.abs)) }: EffectOptions,
): EffectStatistics {
  const { mean, standardDeviation, standardError, degreesOfFreedom } = meanOfEffects(effects, magnitude);
  const degenerate = standardError === 0;
  const halfWidth = standardError * studentTQuantile(1 - alpha / 2, degreesOfFreedom);
  const t = degenerate ? 0 : mean / standardError;
  const p = degenerate ? (mean === 0 ? { p: 1 } : {}) : { p: studentTTwoSided(t, degreesOfFreedom) };
  return {
    standardDeviation,
    mean,
    confidence: { level: 1 - alpha, low: mean - halfWidth, high: mean + halfWidth },
    tTest: { t, degreesOfFreedom, ...p },
    signFlip: signFlipTest(effects),
    effectSize: degenerate ? 0 : mean / standardDeviation,
    degenerate,
  };
}

/**
 * What stands in for statistics where there is a single seed: its effect, and nothing on how far seeds stray. It is degenerate, with 0
 * degrees of freedom.
 */
export function singleEffect(effect: number, { alpha }: Pick<EffectOptions, 'alpha'>): EffectStatistics {
  return {
    mean: effect,
    standardDeviation: 0,
    confidence: { level: 1 - alpha, low: effect, high: effect },
    tTest: { t: 0, degreesOfFreedom: 0 },
    signFlip: signFlipTest([effect]),
    effectSize: 0,
    degenerate: true,
  };
}

export interface MeanEffect {
  readonly mean: number;
  /** 0 when the effects differ by rounding only. */
  readonly standardDeviation: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

/** @throws RangeError for fewer than two effects or one that is not finite */
export function meanOfEffects(
  effects: readonly number[],
  magnitude: number = Math.max(...effects.map(Math.abs)),
): MeanEffect {
  const count = effects.length;
  if (count < 2 || !effects.every(Number.isFinite)) {
    throw new RangeError(`statistics over seeds need at least 2 finite effects, not ${effects.join(', ')}`);
  }
  const mean = effects.reduce((sum, effect) => sum + effect, 0) / count;
  const squares = effects.reduce((sum, effect) => sum + (effect - mean) ** 2, 0);
  const spread = Math.sqrt(squares / (count - 1));
  // Effects that are equal on paper differ by rounding of the scores that they come from.
  const standardDeviation = spread <= 1e-12 * magnitude ? 0 : spread;
  return {
    mean,
    standardDeviation,
    standardError: standardDeviation / Math.sqrt(count),
    degreesOfFreedom: count - 1,
  };
}
