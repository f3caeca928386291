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

/** @throws UserError `score-invalid` for fewer than two pairs, a repeated seed or a score that is not finite */
export function pairedStatistics(pairs: readonly SeedPair[], { alpha }: { readonly alpha: number }): PairedStatistics {
  const scores = pairs.map(({ seed, treatment, control }) => ({ seed, scores: [treatment, control] }));
  requireSeedScores(scores, { what: 'paired seeds' });
  const withDifference = pairs.map((pair) => ({ ...pair, difference: pair.treatment - pair.control }));
  const magnitude = Math.max(...scores.flatMap((seed) => seed.scores.map(Math.abs)));
  const { mean, ...statistics } = effectStatistics(
    withDifference.map(({ difference }) => difference),
    { alpha, magnitude },
  );
  return { pairs: withDifference, meanDifference: mean, ...statistics };
}
