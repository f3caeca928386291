/**
 * How likely each word was, over the true effect: for the planned seeds and looks and the spread that the pilot of the suite showed, and for
 * the upper bound of that spread. A record without a pilot shows the spread that was observed, which is known only afterwards.
 */
import type { PowerCurveView, PowerLooksView, PowerView } from '../../reports/index.js';
import { meanOfEffects } from '../statistics/effect-statistics.js';
import { chancesWithLooks, type SequentialChances } from '../statistics/sequential-power.js';
import { benefitInMargins, spreadUpperBound } from '../statistics/verdict-power.js';
import type { DecidedClaim, DecidedFinding } from '../verdict/decide-finding.js';
import { pilotEvidence } from '../verdict/pilot-evidence.js';
import { measureView } from './measure-views.js';

/** Points of a curve in each margin. */
const pointsPerMargin = 20;

/** One per claim with a margin and a spread, in the order of the claims; none for a smoke run. */
export function powerViews({
  claims,
  reproduction,
  incomplete,
}: Pick<DecidedFinding, 'claims' | 'reproduction' | 'incomplete'>): readonly PowerView[] {
  if (reproduction.smoke) return [];
  const shown = claims.flatMap((claim) => {
    const spreads = spreadsOf(claim, reproduction);
    return claim.hypothesis.margin === 0 || spreads.length === 0 ? [] : [{ ...claim, spreads }];
  });
  const [first] = shown;
  if (first === undefined) return [];
  const alpha = Math.min(...claims.map(({ hypothesis }) => hypothesis.alpha)) / claims.length;
  const looks = reproduction.looks?.planned ?? [incomplete?.seeds ?? first.evidence.effects.length];
  if (looks.at(-1)! < 2) return [];
  const chances = chancesWithLooks({ alpha, looks });
  return shown.map(({ hypothesis: { id, metric, margin }, evidence, decision, spreads }) => ({
    claim: id,
    axis: measureView(metric).axis,
    margin,
    seeds: looks.at(-1)!,
    looks,
    alpha,
    claims: claims.length,
    sequential: reproduction.looks !== undefined,
    // One seed does not tell how much seeds differ.
    ...(evidence.effects.length < 2 ? {} : { observedSpread: decision.statistics.standardDeviation }),
    curves: spreads.map(({ spread, standardDeviation }) => ({
      spread,
      standardDeviation,
      ...curveOf(margin, chances({ standardDeviation, margin })),
    })),
  }));
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

function curveOf(
  margin: number,
  chancesOf: (effect: number) => SequentialChances,
): Omit<PowerCurveView, 'spread' | 'standardDeviation'> {
  const places = Array.from({ length: 3 * pointsPerMargin + 1 }, (_, index) => index - pointsPerMargin);
  const [none, benefit] = [chancesOf(0), chancesOf(benefitInMargins * margin)];
  return {
    ruledOutWithoutEffect: none.ruledOut + none.contradicted,
    reproducedAtBenefit: benefit.reproduced,
    ...(none.looks.length < 2 ? {} : { withoutEffect: lookedAhead(none), atBenefit: lookedAhead(benefit) }),
    points: places.map((place) => {
      const effect = (place * margin) / pointsPerMargin;
      const { reproduced, contradicted, ruledOut, inconclusive } = chancesOf(effect);
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

function lookedAhead({ looks, expectedSeeds }: SequentialChances): PowerLooksView {
  return {
    expectedSeeds,
    looks: looks.map(({ seeds, reproduced, ruledOut, contradicted }) => ({
      seeds,
      reproduced: rounded(reproduced),
      'ruled-out': rounded(ruledOut),
      contradicted: rounded(contradicted),
    })),
  };
}

/** More digits than a curve shows would differ between machines. */
const rounded = (chance: number): number => Math.round(chance * 1e4) / 1e4;
