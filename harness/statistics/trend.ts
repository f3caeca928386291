/**
 * Statistics of a dose-response over seeds. For each seed a least-squares line is laid through its scores over the doses; the effect
 * of the seed is what its line gains from the least to the greatest dose (slope × range). The seed stays the unit: the effects of the
 * seeds are tested like paired differences (a two-stage analysis; Frison and Pocock 1992, "Repeated measures in clinical trials",
 * Statistics in Medicine 11, call it the analysis of summary measures).
 */
import { type EffectStatistics, effectStatistics } from './effect-statistics.js';
import { requireSeedScores } from './seed-scores.js';

export interface SeedResponse {
  readonly seed: number;
  /** One score per dose, in the order of the doses. */
  readonly values: readonly number[];
}

export interface TrendStatistics extends Omit<EffectStatistics, 'mean'> {
  readonly seeds: readonly (SeedResponse & { readonly effect: number })[];
  /** Gain from the least to the greatest dose, in the unit of the score. */
  readonly meanEffect: number;
}

/**
 * The seeds with their gains.
 *
 * @param doses at least two different values; equal spacing is not needed
 * @throws UserError `score-invalid` for too few seeds, a repeated seed or a score that is not finite
 * @throws RangeError for doses that do not differ, or a seed without one score per dose
 */
export function trendEffects(
  doses: readonly number[],
  seeds: readonly SeedResponse[],
  least: 1 | 2 = 1,
): TrendStatistics['seeds'] {
  const range = Math.max(...doses) - Math.min(...doses);
  if (!(range > 0 && Number.isFinite(range)))
    throw new RangeError(`a trend needs doses that differ, not ${doses.join(', ')}`);
  const uneven = seeds.find(({ values }) => values.length !== doses.length);
  if (uneven !== undefined) {
    throw new RangeError(`seed ${uneven.seed} has ${uneven.values.length} scores for ${doses.length} doses`);
  }
  requireSeedScores(
    seeds.map(({ seed, values }) => ({ seed, scores: values })),
    { what: 'seeds', least },
  );
  return seeds.map((seed) => ({ ...seed, effect: slope(doses, seed.values) * range }));
}

/** @throws UserError or RangeError as `trendEffects`, for fewer than two seeds too */
export function trendStatistics(
  doses: readonly number[],
  seeds: readonly SeedResponse[],
  { alpha }: { readonly alpha: number },
): TrendStatistics {
  const withEffect = trendEffects(doses, seeds, 2);
  const magnitude = Math.max(...seeds.flatMap(({ values }) => values.map(Math.abs)));
  const { mean, ...statistics } = effectStatistics(
    withEffect.map(({ effect }) => effect),
    { alpha, magnitude },
  );
  return { seeds: withEffect, meanEffect: mean, ...statistics };
}

function slope(doses: readonly number[], values: readonly number[]): number {
  const meanDose = doses.reduce((sum, dose) => sum + dose, 0) / doses.length;
  let products = 0;
  let squares = 0;
  doses.forEach((dose, index) => {
    products += (dose - meanDose) * values[index]!;
    squares += (dose - meanDose) ** 2;
  });
  return products / squares;
}
