/**
 * The primary claims of a reproduction: the effects of each, seed by seed, the decision on all of them together, and both as the page
 * shows them.
 */
import type { ClaimView, HypothesisView, SecondaryMeasureView, TrendView } from '../../reports/index.js';
import { type MeasureId, measures } from '../measures/measures.js';
import type { Reproduction } from '../records/reproduction.js';
import { measureView } from '../report/reported-measures.js';
import { type ClaimDecision, decideClaims, type FindingDecision } from '../statistics/claims.js';
import type { EffectStatistics } from '../statistics/effect-statistics.js';
import { pairedStatistics } from '../statistics/paired-seeds.js';
import { sequentialDecision } from '../statistics/sequential.js';
import type { StatisticsMethod } from '../statistics/statistics-notes.js';
import { trendStatistics } from '../statistics/trend.js';
import type { Hypothesis } from '../suite/schema.js';
import { measuredArms, type PlacedRun, runsOfArms } from './placed-runs.js';

type PairedHypothesis = Extract<Hypothesis, { test: 'paired' }>;
type TrendHypothesis = Extract<Hypothesis, { test: 'trend' }>;

/** What a claim is decided on: one effect per seed, and how the page shows where it comes from. */
interface Evidence {
  readonly effects: readonly number[];
  /** Largest absolute score behind the effects. */
  readonly magnitude: number;
  readonly comparison: string;
  readonly view: (statistics: EffectStatistics) => ClaimView['evidence'];
}

export interface DecidedClaims {
  readonly finding: FindingDecision;
  readonly claims: readonly ClaimView[];
}

/**
 * @returns undefined for a benchmark, which claims nothing
 * @throws UserError `score-invalid` for missing scores, differing signatures or fewer than two seeds
 */
export function decidedClaims(reproduction: Reproduction, runs: readonly PlacedRun[]): DecidedClaims | undefined {
  const { hypotheses, smoke, looks } = reproduction;
  if (hypotheses.length === 0) return undefined;
  const evidence = hypotheses.map((hypothesis) => evidenceOf(hypothesis, reproduction, runs));
  const stated = hypotheses.map(({ id, metric, direction, margin, alpha, test }, index) => {
    const { effects, magnitude, comparison } = evidence[index]!;
    return { id, metric: measures[metric].label, direction, margin, alpha, test, effects, magnitude, comparison };
  });
  const sequential = looks && sequentialDecision(stated, { looks: looks.planned, smoke });
  const finding = sequential ?? decideClaims(stated, { smoke });
  // The levels of a look are not proportional to α, so an adjusted p says nothing beside them.
  const level = looks === undefined ? { level: Math.min(...hypotheses.map(({ alpha }) => alpha)) } : {};
  const claims = hypotheses.map((hypothesis, index) =>
    claimView(hypothesis, evidence[index]!, { decision: finding.claims[index]!, ...level }),
  );
  return { finding, claims };
}

/** The statistical methods that the claims are decided and described by. */
export function methodsOf(
  claims: readonly ClaimView[],
  { looks }: Pick<Reproduction, 'looks'>,
): readonly StatisticsMethod[] {
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

/** @param level to hold the adjusted p against: the α of all claims together; each interval has its own part */
function claimView(
  hypothesis: Hypothesis,
  { comparison, view }: Evidence,
  { decision, level }: { readonly decision: ClaimDecision; readonly level?: number },
): ClaimView {
  const { verdict, sentence, reasons, holm, equivalence, statistics } = decision;
  return {
    id: hypothesis.id,
    hypothesis: hypothesisView(hypothesis, comparison),
    verdict: { verdict, sentence, reasons },
    evidence: view(statistics),
    ...(holm === undefined
      ? {}
      : {
          holm: {
            against: holm.against,
            adjustedP: holm.adjustedP,
            claims: holm.claims,
            ...(level === undefined ? {} : { level }),
          },
        }),
    equivalence,
  };
}

function hypothesisView(hypothesis: Hypothesis, comparison: string): HypothesisView {
  const { metric, direction, margin, alpha, statement } = hypothesis;
  const arms =
    hypothesis.test === 'paired' ? { treatment: hypothesis.treatment, control: hypothesis.control } : undefined;
  return { metric: measures[metric].label, direction, margin, alpha, statement, comparison, ...arms };
}

function evidenceOf(hypothesis: Hypothesis, reproduction: Reproduction, runs: readonly PlacedRun[]): Evidence {
  switch (hypothesis.test) {
    case 'paired':
      return pairedEvidence(hypothesis, reproduction, runs);
    case 'trend':
      return trendEvidence(hypothesis, reproduction, runs);
    default:
      return hypothesis satisfies never;
  }
}

function pairedEvidence(
  { metric, treatment, control, alpha }: PairedHypothesis,
  { arms }: Reproduction,
  runs: readonly PlacedRun[],
): Evidence {
  const { signature, ...paired } = pairedArms(runs, { metric, treatment, control });
  const { pairs } = pairedStatistics(paired.pairs, { alpha });
  const labelOf = (id: string) => arms.find((arm) => arm.id === id)?.label ?? id;
  return {
    effects: pairs.map(({ difference }) => difference),
    magnitude: Math.max(...pairs.flatMap((pair) => [Math.abs(pair.treatment), Math.abs(pair.control)])),
    comparison: `“${labelOf(treatment)}” minus “${labelOf(control)}”`,
    view: (statistics) => {
      const { mean: meanDifference, degenerate: _, ...numbers } = statistics;
      return { test: 'paired', pairs: { ...measureView(metric), pairs, meanDifference, ...numbers, signature } };
    },
  };
}

function trendEvidence(
  { metric, factor, within = {}, alpha }: TrendHypothesis,
  { suite, arms }: Reproduction,
  runs: readonly PlacedRun[],
): Evidence {
  const { label: factorLabel, levels } = suite.factors[factor]!;
  const chosen = arms.filter((arm) => Object.entries(within).every(([other, level]) => arm.levels[other] === level));
  const doses = chosen
    .map(({ id, levels: { [factor]: level } }) => ({ arm: id, ...levels[level!]! }))
    .map(({ arm, label, value }) => ({ arm, label, value: value! }))
    .sort((left, right) => left.value - right.value);
  const { scores, signature } = measuredArms(
    runsOfArms(
      runs,
      doses.map(({ arm }) => arm),
    ),
    metric,
  );
  const seeds = scores.get(doses[0]!.arm)?.map(({ seed }) => seed) ?? [];
  const responses = seeds.map((seed) => ({
    seed,
    values: doses.map(({ arm }) => scores.get(arm)!.find((score) => score.seed === seed)!.value),
  }));
  const trend = trendStatistics(
    doses.map(({ value }) => value),
    responses,
    { alpha },
  );
  const fixed = Object.entries(within).map(([other, level]) => suite.factors[other]?.levels[level]?.label ?? level);
  const [least, greatest] = [doses[0]!.label, doses.at(-1)!.label];
  return {
    effects: trend.seeds.map(({ effect }) => effect),
    magnitude: Math.max(...responses.flatMap(({ values }) => values.map(Math.abs))),
    comparison: `gain of the fitted line from “${least}” to “${greatest}”${fixed.map((label) => `, ${label}`).join('')}`,
    view: (statistics) => {
      const { mean: meanEffect, degenerate: _, ...numbers } = statistics;
      const view: TrendView = {
        ...measureView(metric),
        factor: factorLabel,
        doses,
        seeds: trend.seeds,
        meanEffect,
        ...numbers,
        signature,
      };
      return { test: 'trend', trend: view };
    },
  };
}

/**
 * The measures that no claim is about, for the arms of every paired claim, each at the α that its claim states and not corrected for being
 * many. Claims about the same two arms share them.
 */
export function secondaryMeasures(
  reported: readonly MeasureId[],
  { hypotheses }: Reproduction,
  runs: readonly PlacedRun[],
): readonly SecondaryMeasureView[] {
  const paired = hypotheses.filter((hypothesis): hypothesis is PairedHypothesis => hypothesis.test === 'paired');
  const sameArms = (left: PairedHypothesis, right: PairedHypothesis) =>
    left.treatment === right.treatment && left.control === right.control;
  const comparisons = paired.filter(
    (hypothesis, index) => index === paired.findIndex((one) => sameArms(one, hypothesis)),
  );
  return comparisons.flatMap((claim) => {
    const { id, treatment, control, alpha } = claim;
    const claimed = paired.filter((other) => sameArms(other, claim)).map(({ metric }) => metric);
    const compared = runsOfArms(runs, [treatment, control]);
    return reported.flatMap((metric) => {
      if (claimed.includes(metric)) return [];
      if (!compared.every(({ result }) => result.scores[metric] !== undefined)) return [];
      const { pairs, signature } = pairedArms(runs, { metric, treatment, control });
      const { degenerate: _, ...statistics } = pairedStatistics(pairs, { alpha });
      return [{ claim: id, ...measureView(metric), ...statistics, signature }];
    });
  });
}

function pairedArms(
  runs: readonly PlacedRun[],
  { metric, treatment, control }: Pick<PairedHypothesis, 'metric' | 'treatment' | 'control'>,
) {
  const { scores, signature } = measuredArms(runsOfArms(runs, [treatment, control]), metric);
  const controls = new Map(scores.get(control)?.map(({ seed, value }) => [seed, value]));
  const pairs = (scores.get(treatment) ?? []).map(({ seed, value }) => ({
    seed,
    treatment: value,
    control: controls.get(seed)!,
  }));
  return { pairs, signature };
}
