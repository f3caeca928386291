/**
 * Statistics of two arms over the same seeds. Arms of one seed share whatever they do not vary, so their scores are compared
 * in pairs: the effect of a seed is treatment − control.
 */
import { type EffectStatistics, effectStatistics } from './effect-statistics.js';
import { requireSeedScores } from './seed-scores.js';

export interface SeedPair {
  readonly seed: number;
  readonly treatment: number;
  readonly control: number;
}

export interface PairedStatistics extends Omit<EffectStatistics, 'mean'> {
  readonly pairs: readonly (SeedPair & { readonly difference: number })[];
  /** Treatment − control. */
  readonly meanDifference: number;
}

/**
 * The pairs with their differences.
 * @throws UserError `score-invalid` for too few pairs, a repeated seed or a score that is not finite
 */
export function pairedDifferences(pairs: readonly SeedPair[], least: 1 | 2 = 1): PairedStatistics['pairs'] {
  const scores = pairs.map(({ seed, treatment, control }) => ({ seed, scores: [treatment, control] }));
  requireSeedScores(scores, { what: 'paired seeds', least });
  return pairs.map((pair) => ({ ...pair, difference: pair.treatment - pair.control }));
}

/** @throws UserError `score-invalid` for fewer than two pairs, a repeated seed or a score that is not finite */
export function pairedStatistics(pairs: readonly SeedPair[], { alpha }: { readonly alpha: number }): PairedStatistics {
  const withDifference = pairedDifferences(pairs, 2);
  const magnitude = Math.max(...pairs.flatMap(({ treatment, control }) => [Math.abs(treatment), Math.abs(control)]));
  const { mean, ...statistics } = effectStatistics(
    withDifference.map(({ difference }) => difference),
    { alpha, magnitude },
  );
  return { pairs: withDifference, meanDifference: mean, ...statistics };
}
