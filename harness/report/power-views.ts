/**
 * How likely each word was, over the true effect: for the page's seeds and the spread that the pilot of the suite showed, and for the upper
 * bound of that spread. A record without a pilot shows the spread that was observed, which is known only afterwards.
 */
import type { PowerCurveView, PowerView } from '../../reports/index.js';
import { meanOfEffects } from '../statistics/effect-statistics.js';
import {
  chanceToReproduce,
  chanceToRuleOut,
  spreadUpperBound,
  type VerdictRule,
  verdictChances,
} from '../statistics/verdict-power.js';
import type { DecidedClaim, DecidedFinding } from '../verdict/decide-finding.js';
import { pilotEvidence } from '../verdict/pilot-evidence.js';
import { measureView } from './measure-views.js';

/** Points of a curve in each margin. */
const pointsPerMargin = 20;

/** One per claim with a margin and a spread, in the order of the claims; none for a smoke run. */
export function powerViews({
  claims,
  reproduction,
}: Pick<DecidedFinding, 'claims' | 'reproduction'>): readonly PowerView[] {
  if (reproduction.smoke) return [];
  const alpha = Math.min(...claims.map(({ hypothesis }) => hypothesis.alpha)) / claims.length;
  return claims.flatMap((claim) => {
    const { hypothesis, evidence, decision } = claim;
    const { id, metric, margin } = hypothesis;
    const spreads = spreadsOf(claim, reproduction);
    if (margin === 0 || spreads.length === 0) return [];
    const seeds = evidence.effects.length;
    const curves = spreads.map(({ spread, standardDeviation }) =>
      curveOf({ standardDeviation, margin, alpha, n: seeds }, spread),
    );
    return [
      {
        claim: id,
        axis: measureView(metric).axis,
        margin,
        seeds,
        alpha,
        claims: claims.length,
        sequential: reproduction.looks !== undefined,
        observedSpread: decision.statistics.standardDeviation,
        curves,
      },
    ];
  });
}

type Spread = Pick<PowerCurveView, 'spread' | 'standardDeviation'>;

function spreadsOf(
  { hypothesis, decision }: DecidedClaim,
  reproduction: DecidedFinding['reproduction'],
): readonly Spread[] {
  const { pilot } = reproduction;
  if (pilot !== undefined) {
    const { effects, magnitude } = pilotEvidence(hypothesis, reproduction, pilot);
    const { standardDeviation, degreesOfFreedom } = meanOfEffects(effects, magnitude);
    if (standardDeviation > 0) {
      const bound = spreadUpperBound({ standardDeviation, degreesOfFreedom });
      return [
        { spread: 'pilot', standardDeviation },
        { spread: 'upper bound of the pilot', standardDeviation: bound },
      ];
    }
  }
  const { standardDeviation } = decision.statistics;
  return standardDeviation > 0 ? [{ spread: 'observed', standardDeviation }] : [];
}

function curveOf(rule: VerdictRule & { readonly n: number }, spread: PowerCurveView['spread']): PowerCurveView {
  const { margin, standardDeviation } = rule;
  const places = Array.from({ length: 3 * pointsPerMargin + 1 }, (_, index) => index - pointsPerMargin);
  return {
    spread,
    standardDeviation,
    ruledOutWithoutEffect: chanceToRuleOut(rule),
    reproducedAtBenefit: chanceToReproduce(rule),
    points: places.map((place) => {
      const effect = (place * margin) / pointsPerMargin;
      const { reproduced, contradicted, ruledOut, inconclusive } = verdictChances({ ...rule, effect });
      return {
        effect,
        reproduced: rounded(reproduced),
        'ruled-out': rounded(ruledOut),
        contradicted: rounded(contradicted),
        inconclusive: rounded(inconclusive),
      };
    }),
  };
}

/** More digits than a curve shows would differ between machines. */
const rounded = (chance: number): number => Math.round(chance * 1e4) / 1e4;
