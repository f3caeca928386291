/** The claims of a finding as the page shows them: hypothesis, verdict, the scores behind it, and the statistics on them. */
import type { ClaimView, HypothesisView, SecondaryMeasureView } from '../../reports/index.js';
import { measures } from '../measures/measures.js';
import type { EffectStatistics } from '../statistics/effect-statistics.js';
import type { StatisticsMethod } from '../statistics/statistics-notes.js';
import type { Hypothesis } from '../suite/schema.js';
import type { DecidedClaim, DecidedFinding } from '../verdict/decide-finding.js';
import type { Evidence } from '../verdict/evidence.js';
import type { SecondaryEvidence } from '../verdict/secondary-evidence.js';
import { measureView } from './measure-views.js';

export function claimViews({
  claims,
  reproduction,
}: Pick<DecidedFinding, 'claims' | 'reproduction'>): readonly ClaimView[] {
  const { hypotheses, looks } = reproduction;
  // The levels of a look are not proportional to α, so an adjusted p says nothing beside them.
  const level = looks === undefined ? { level: Math.min(...hypotheses.map(({ alpha }) => alpha)) } : {};
  return claims.map((claim) => claimView(claim, level));
}

/** @param level to hold the adjusted p against: the α of all claims together; each interval has its own part */
function claimView({ hypothesis, evidence, decision }: DecidedClaim, level: { readonly level?: number }): ClaimView {
  const { verdict, sentence, reasons, seedsToDecide, holm, equivalence, statistics } = decision;
  return {
    id: hypothesis.id,
    hypothesis: hypothesisView(hypothesis, evidence.comparison),
    verdict: { verdict, sentence, reasons, ...(seedsToDecide === undefined ? {} : { seedsToDecide }) },
    evidence: evidenceView(hypothesis, evidence, statistics),
    ...(holm === undefined
      ? {}
      : { holm: { against: holm.against, adjustedP: holm.adjustedP, claims: holm.claims, ...level } }),
    equivalence,
  };
}

function hypothesisView(hypothesis: Hypothesis, comparison: string): HypothesisView {
  const { metric, direction, margin, alpha, statement } = hypothesis;
  const arms =
    hypothesis.test === 'paired' ? { treatment: hypothesis.treatment, control: hypothesis.control } : undefined;
  return { metric: measures[metric].label, direction, margin, alpha, statement, comparison, ...arms };
}

function evidenceView(
  { metric }: Hypothesis,
  evidence: Evidence,
  { mean, ...statistics }: EffectStatistics,
): ClaimView['evidence'] {
  const { signature } = evidence;
  const numbers = asFarAsKnown(statistics, evidence.effects.length);
  switch (evidence.test) {
    case 'paired': {
      const { test, pairs } = evidence;
      return { test, pairs: { ...measureView(metric), pairs, meanDifference: mean, ...numbers, signature } };
    }
    case 'trend': {
      const { test, factor, doses, seeds } = evidence;
      return { test, trend: { ...measureView(metric), factor, doses, seeds, meanEffect: mean, ...numbers, signature } };
    }
    default:
      return evidence satisfies never;
  }
}

export function secondaryViews(evidence: readonly SecondaryEvidence[]): readonly SecondaryMeasureView[] {
  return evidence.map(({ claim, metric, statistics, signature }) => ({
    claim,
    ...measureView(metric),
    ...asFarAsKnown(statistics, statistics.pairs.length),
    signature,
  }));
}

/** What stands in for numbers that are not defined is no number: an interval without width would say that the effect is known exactly. */
function asFarAsKnown<
  Numbers extends Pick<EffectStatistics, 'standardDeviation' | 'confidence' | 'effectSize' | 'degenerate'>,
>({ degenerate, ...numbers }: Numbers, seeds: number) {
  const { standardDeviation, confidence, effectSize } = numbers;
  return {
    ...numbers,
    standardDeviation: seeds < 2 ? null : standardDeviation,
    confidence: degenerate ? null : confidence,
    effectSize: degenerate ? null : effectSize,
  };
}

/** The statistical methods that the claims are decided and described by. */
export function methodsOf({
  claims,
  reproduction: { looks },
}: Pick<DecidedFinding, 'claims' | 'reproduction'>): readonly StatisticsMethod[] {
  const used = (test: Hypothesis['test']) => claims.some(({ evidence }) => evidence.test === test);
  if (claims.length === 0) return [];
  return [
    ...(used('paired') ? (['pairedT'] as const) : []),
    ...(used('trend') ? (['trend'] as const) : []),
    ...(claims.length > 1 ? (['holm'] as const) : []),
    ...(looks === undefined ? [] : (['sequential'] as const)),
    'signFlip',
    'effectSize',
    'equivalence',
  ];
}
