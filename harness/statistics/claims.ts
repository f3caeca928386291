/**
 * The verdicts on all primary claims of a suite at once, and the verdict of the finding. What the rule (`verdict-rule.ts`) asks of each
 * claim is answered by four families of tests over all claims (`claim-families.ts`), so that none of its errors adds up over them.
 *
 * Each claim shows one interval, at the level of the family that its word rests on; of a claim that stays open, at the level of the family
 * that could have decided it, which depends on the estimate alone: with Δ ≥ margin a benefit of the margin cannot be excluded, and with
 * Δ < margin the claim cannot be reproduced.
 */
import { claimedEffect, claimFamilies, type Family, type FamilySteps, type TestedClaim } from './claim-families.js';
import { type EffectOptions, type EffectStatistics, effectStatistics, singleEffect } from './effect-statistics.js';
import type { Equivalence } from './equivalence.js';
import { number } from './number-text.js';
import { seedsToDecide } from './seeds-to-decide.js';
import { type ClaimRule, type Decision, decisionInWords, type RowDecision } from './verdict.js';
import { combinedVerdict, type Verdict, type VerdictRow, verdictLabels, verdictRow } from './verdict-rule.js';

export interface Claim extends ClaimRule, TestedClaim {
  readonly id: string;
}

export interface ClaimDecision extends RowDecision {
  readonly id: string;
  /** With the interval that the verdict was decided on. */
  readonly statistics: EffectStatistics;
  /** Two-sided level of that interval: α ÷ (claims − rank + 1), or what a look of a sequential plan leaves of it. */
  readonly level: number;
  /** Absent when there is one claim. */
  readonly holm?: {
    /** Which family the interval belongs to. */
    readonly against: Family;
    /**
     * Twice the one-sided p against that hypothesis, adjusted: at most α exactly where it is rejected (without a sequential plan; with
     * one the level of the look decides).
     */
    readonly adjustedP: number;
    readonly claims: number;
    readonly level: number;
  };
  /** Whether the effect lies within ±margin, at α/2 on either side; with several claims p is adjusted by Holm over them. */
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
 * A single effect leaves its claim undecided.
 *
 * @throws RangeError for no claims, no effects or one that is not finite
 */
export function decideClaims(
  claims: readonly Claim[],
  { smoke = false, nominalLevel = (share) => share }: DecideOptions = {},
): FindingDecision {
  if (claims.length === 0) throw new RangeError('there is no claim to decide on');
  const alpha = sharedAlpha(claims);
  const families = claimFamilies(claims, { alpha, nominalLevel });
  const decisions = claims.map((claim, index): ClaimDecision => {
    const steps = families[index]!;
    const magnitude = claim.magnitude === undefined ? {} : { magnitude: claim.magnitude };
    const { standardDeviation, degenerate } = statisticsOf(claim.effects, { alpha, ...magnitude });
    const row = rowOf(claim, steps, smoke || degenerate);
    const against = familyOf(claim, row);
    const { adjustedP, share } = steps[against];
    const level = nominalLevel(alpha / share);
    const statistics = statisticsOf(claim.effects, { alpha: level, ...magnitude });
    const { margin, effects } = claim;
    const open = {
      effect: claimedEffect(claim),
      margin,
      standardDeviation,
      level: alpha / share,
      seeds: effects.length,
    };
    const decision = decisionInWords(
      { ...statistics, effects },
      { ...claim, alpha: level },
      { row, smoke, ...(row === 'open' ? { seedsToDecide: seedsToDecide(open) } : {}) },
    );
    return {
      id: claim.id,
      ...decision,
      statistics,
      level,
      ...(claims.length === 1 ? {} : { holm: { against, adjustedP, claims: claims.length, level } }),
      equivalence: { margin, p: steps.equivalence.adjustedP, equivalent: steps.equivalence.rejected },
    };
  });
  return { ...findingDecision(decisions, alpha), claims: decisions };
}

function statisticsOf(effects: readonly number[], options: EffectOptions): EffectStatistics {
  const [only, ...others] = effects;
  return only !== undefined && others.length === 0 ? singleEffect(only, options) : effectStatistics(effects, options);
}

export function sharedAlpha(claims: readonly Pick<Claim, 'alpha'>[]): number {
  return Math.min(...claims.map(({ alpha }) => alpha));
}

function rowOf(claim: Claim, steps: FamilySteps, undecidable: boolean): VerdictRow {
  return verdictRow({
    undecidable,
    benefit: steps['no effect'].rejected,
    reachesMargin: claimedEffect(claim) >= claim.margin,
    opposite: steps['no opposite effect'].rejected,
    marginExcluded: steps['benefit of the margin'].rejected,
    harmExcluded: steps.equivalence.rejected,
  });
}

function familyOf(claim: Claim, row: VerdictRow): Family {
  if (row === 'opposite' || row === 'opposite-but-small') return 'no opposite effect';
  return claimedEffect(claim) >= claim.margin ? 'no effect' : 'benefit of the margin';
}

/** The finding claims all of its claims together. */
function findingDecision(decisions: readonly ClaimDecision[], alpha: number): Decision {
  if (decisions.length === 1) {
    const { verdict, sentence, reasons, added, seedsToDecide } = decisions[0]!;
    return {
      verdict,
      sentence,
      reasons,
      ...(added === undefined ? {} : { added }),
      ...(seedsToDecide === undefined ? {} : { seedsToDecide }),
    };
  }
  const words = decisions.map(({ verdict }) => verdict);
  const verdict = combinedVerdict(words);
  const total = decisions.length;
  const tally =
    verdict === 'reproduced' ? `all ${total} claims are reproduced` : `of ${total} claims, ${tallyOf(words)}`;
  const sentence = `${verdictLabels[verdict]}: ${tally} (corrected by Holm over ${total} claims at α = ${number(alpha)}).`;
  return { verdict, sentence, reasons: decisions.map((decision) => `${decision.sentence} ${decision.reasons[0]}`) };
}

function tallyOf(words: readonly Verdict[]): string {
  const count = (wanted: Verdict) => words.filter((word) => word === wanted).length;
  const [reproduced, ruledOut] = [count('reproduced'), count('ruled-out')];
  const parts = [
    `${reproduced} ${reproduced === 1 ? 'is' : 'are'} reproduced`,
    ...(ruledOut === 0 ? [] : [`${ruledOut} ruled out`]),
    `${count('contradicted')} contradicted`,
  ];
  return `${parts.join(', ')} and ${count('inconclusive')} inconclusive`;
}
