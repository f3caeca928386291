/**
 * The one-sided t tests of all claims of a finding, in four families, each kept from adding up over the claims by its own Holm step-down
 * at α/2:
 *
 * - L₀ bounds the effect from below and rejects "no effect in the claimed direction" (Δ ≤ 0);
 * - H_m bounds it from above and rejects "a benefit of at least the margin" (Δ ≥ m);
 * - H₀ bounds it from above and rejects "no effect against the claim" (Δ ≥ 0);
 * - the equivalence test rejects "an effect of at least the margin, one way or the other" (|Δ| ≥ m), so that the interval of level
 *   1 − α lies within ±m.
 *
 * One order for all would not do: claims that all hold with a benefit of just the margin would be certain to pass a step-down against 0,
 * and the last of them, the one with the smallest effect, would be put to the full α for being too small. Holm's step-down is monotone
 * in its p-values, so what is rejected with H₀ or by the equivalence test is rejected with H_m as well.
 */
import { meanOfEffects } from './effect-statistics.js';
import { equivalenceTest } from './equivalence.js';
import { type HolmStep, holm } from './holm.js';
import { studentTCdf } from './student-t.js';

/** What a family's small p speaks against. */
export type Family = 'no effect' | 'benefit of the margin' | 'no opposite effect';

export interface TestedClaim {
  readonly direction: 'greater' | 'less';
  /** At least 0, in the unit of the effects. */
  readonly margin: number;
  /** One per seed. */
  readonly effects: readonly number[];
  /** Largest absolute score that the effects were computed from; see `EffectOptions`. */
  readonly magnitude?: number;
}

/** The steps of one claim; `adjustedP` of the three families is twice the one-sided p, to be held against α. */
export interface FamilySteps extends Readonly<Record<Family, HolmStep>> {
  /** `adjustedP` is the larger of the two one-sided p-values, to be held against α/2. */
  readonly equivalence: HolmStep;
}

export interface FamilyOptions {
  /** Two-sided; each family uses half of it. */
  readonly alpha: number;
  /** The two-sided level to use now, for a share of α, where α is spent over several looks; see `sequential.ts`. */
  readonly nominalLevel?: (alpha: number) => number;
}

/**
 * One entry for each claim, in their order; nothing is rejected on a single effect.
 * @throws RangeError for no effects or one that is not finite
 */
export function claimFamilies(
  claims: readonly TestedClaim[],
  { alpha, nominalLevel = (share) => share }: FamilyOptions,
): readonly FamilySteps[] {
  const family = (side: 'above' | 'below', boundary: (claim: TestedClaim) => number) =>
    holm(
      claims.map((claim) => twiceOneSided(claim, side, boundary(claim))),
      { alpha, nominalLevel },
    );
  const noEffect = family('above', () => 0);
  const benefit = family('below', ({ margin }) => margin);
  const noOpposite = family('below', () => 0);
  const equivalence = holm(
    claims.map((claim) => (claim.effects.length < 2 ? 1 : equivalenceTest(claim.effects, { ...claim, alpha }).p)),
    { alpha: alpha / 2, nominalLevel: (share) => nominalLevel(2 * share) / 2 },
  );
  return claims.map((_, index) => ({
    'no effect': noEffect[index]!,
    'benefit of the margin': benefit[index]!,
    'no opposite effect': noOpposite[index]!,
    equivalence: equivalence[index]!,
  }));
}

/** The mean effect in the claimed direction. */
export function claimedEffect({ effects, direction }: Pick<TestedClaim, 'effects' | 'direction'>): number {
  const mean = effects.reduce((sum, effect) => sum + effect, 0) / effects.length;
  return direction === 'greater' ? mean : -mean;
}

/** Twice the p of the one-sided t test for an effect, in the claimed direction, above or below a value; at most 1. */
function twiceOneSided(claim: TestedClaim, side: 'above' | 'below', value: number): number {
  if (claim.effects.length === 1) return 1;
  const { standardError, degreesOfFreedom } = meanOfEffects(claim.effects, claim.magnitude);
  if (standardError === 0) return 1;
  const t = (claimedEffect(claim) - value) / standardError;
  return Math.min(1, 2 * studentTCdf(side === 'above' ? -t : t, degreesOfFreedom));
}
