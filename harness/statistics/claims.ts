/**
 * The verdicts on all primary claims of a suite at once, and the verdict of the finding.
 *
 * A claim can go wrong in two ways, and each is kept from adding up over the claims by its own Holm step-down on one-sided t tests:
 * - `reproduced` rejects "no effect in the claimed direction" (mean effect ≤ 0);
 * - `contradicted` rejects "a benefit of at least the margin" (mean effect ≥ margin).
 *
 * One order for both would not do: claims that all hold with a benefit of just the margin would be certain to pass a step-down against
 * 0, and the last of them, the one with the smallest effect, would be put to the full α for being too small.
 * Which of the two questions is open depends on the estimate alone: with Δ ≥ margin a benefit of the margin cannot be excluded, and
 * with Δ < margin the claim cannot be reproduced. So each claim has one interval, at the level of its open question.
 */
import { type EffectStatistics, effectStatistics, meanOfEffects } from './effect-statistics.js';
import { type Equivalence, equivalenceTest } from './equivalence.js';
import { type HolmStep, holm } from './holm.js';
import { number } from './number-text.js';
import { studentTCdf } from './student-t.js';
import { type ClaimRule, type Decision, decideOnInterval, type Verdict, verdictLabels } from './verdict.js';

export interface Claim extends ClaimRule {
  readonly id: string;
  /** One per seed: treatment − control, or the gain of the seed's line. */
  readonly effects: readonly number[];
  /** Largest absolute score that the effects were computed from; see `EffectOptions`. */
  readonly magnitude?: number;
}

export interface ClaimDecision extends Decision {
  readonly id: string;
  /** With the interval that the verdict was decided on. */
  readonly statistics: EffectStatistics;
  /** Two-sided level of that interval: α ÷ (claims − rank + 1), or what a look of a sequential plan leaves of it. */
  readonly level: number;
  /** Absent when there is one claim. */
  readonly holm?: {
    /** Which of the two questions is open, and so which null hypothesis was tested. */
    readonly against: 'no effect' | 'benefit of the margin';
    /**
     * Twice the one-sided p against that hypothesis, adjusted: at most α exactly where it is rejected (without a sequential plan; with
     * one the level of the look decides).
     */
    readonly adjustedP: number;
    readonly claims: number;
    readonly level: number;
  };
  /** Whether the effect lies within ±margin; with several claims p is adjusted by Holm over them. It informs and does not decide. */
  readonly equivalence: Equivalence;
}

export interface FindingDecision extends Decision {
  readonly claims: readonly ClaimDecision[];
}

export interface DecideOptions {
  readonly smoke?: boolean;
  /** The level to use now where α is spent over several looks; see `sequential.ts`. */
  readonly nominalLevel?: (alpha: number) => number;
}

/**
 * Where claims state different α, the smallest counts for all: the errors then stay within what each of them states.
 *
 * @throws RangeError for no claims, fewer than two effects or one that is not finite
 */
export function decideClaims(
  claims: readonly Claim[],
  { smoke = false, nominalLevel = (share) => share }: DecideOptions = {},
): FindingDecision {
  if (claims.length === 0) throw new RangeError('there is no claim to decide on');
  const alpha = Math.min(...claims.map((claim) => claim.alpha));
  const noEffect = holm(
    claims.map((claim) => twiceOneSided(claim, 'above', 0)),
    { alpha, nominalLevel },
  );
  const benefit = holm(
    claims.map((claim) => twiceOneSided(claim, 'below', claim.margin)),
    { alpha, nominalLevel },
  );
  const within = holm(
    claims.map((claim) => equivalenceTest(claim.effects, claim).p),
    { alpha, nominalLevel: (share) => nominalLevel(2 * share) / 2 },
  );
  const decisions = claims.map((claim, index): ClaimDecision => {
    const reachesMargin = signedMean(claim) >= claim.margin;
    const { adjustedP, share } = reachesMargin ? noEffect[index]! : benefit[index]!;
    const against = reachesMargin ? 'no effect' : 'benefit of the margin';
    const level = nominalLevel(alpha / share);
    const magnitude = claim.magnitude === undefined ? {} : { magnitude: claim.magnitude };
    const statistics = effectStatistics(claim.effects, { alpha: level, ...magnitude });
    const decision = decideOnInterval({ ...statistics, effects: claim.effects }, { ...claim, alpha: level }, { smoke });
    return {
      id: claim.id,
      ...decision,
      statistics,
      level,
      ...(claims.length === 1 ? {} : { holm: { against, adjustedP, claims: claims.length, level } }),
      equivalence: equivalenceOf(claim, within[index]!),
    };
  });
  return { ...findingDecision(decisions, alpha), claims: decisions };
}

/** Twice the p of the one-sided t test for an effect, in the claimed direction, above or below a value; at most 1. */
function twiceOneSided(claim: Claim, side: 'above' | 'below', value: number): number {
  const { standardError, degreesOfFreedom } = meanOfEffects(claim.effects, claim.magnitude);
  if (standardError === 0) return 1;
  const t = (signedMean(claim) - value) / standardError;
  return Math.min(1, 2 * studentTCdf(side === 'above' ? -t : t, degreesOfFreedom));
}

function signedMean({ effects, direction }: Claim): number {
  const mean = effects.reduce((sum, effect) => sum + effect, 0) / effects.length;
  return direction === 'greater' ? mean : -mean;
}

function equivalenceOf({ margin }: Claim, { adjustedP, rejected }: HolmStep): Equivalence {
  return { margin, p: adjustedP, equivalent: rejected };
}

/** The finding claims all of its claims together: it is reproduced if all are, and contradicted as soon as one is. */
function findingDecision(decisions: readonly ClaimDecision[], alpha: number): Decision {
  if (decisions.length === 1) {
    const { verdict, sentence, reasons } = decisions[0]!;
    return { verdict, sentence, reasons };
  }
  const count = (wanted: Verdict) => decisions.filter(({ verdict }) => verdict === wanted).length;
  const total = decisions.length;
  const [reproduced, contradicted] = [count('reproduced'), count('contradicted')];
  const verdict: Verdict = reproduced === total ? 'reproduced' : contradicted > 0 ? 'contradicted' : 'inconclusive';
  const tally =
    reproduced === total
      ? `all ${total} claims are reproduced`
      : `of ${total} claims, ${reproduced} ${reproduced === 1 ? 'is' : 'are'} reproduced, ${contradicted} contradicted ` +
        `and ${total - reproduced - contradicted} inconclusive`;
  const sentence = `${verdictLabels[verdict]}: ${tally} (corrected by Holm over ${total} claims at α = ${number(alpha)}).`;
  return { verdict, sentence, reasons: decisions.map((decision) => `${decision.sentence} ${decision.reasons[0]}`) };
}
