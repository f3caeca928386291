/**
 * What the claims of a reproduction are decided on: one effect per seed, with the scores that it comes from. A paired claim has the
 * difference between two arms, a trend the gain of the line through a seed's scores.
 */
import type { MeasureId } from '../measures/measures.js';
import type { Reproduction } from '../records/reproduction.js';
import { type PairedStatistics, pairedDifferences } from '../statistics/paired-seeds.js';
import { type TrendStatistics, trendEffects } from '../statistics/trend.js';
import type { Hypothesis } from '../suite/schema.js';
import { type MeasuredRun, measuredArms, runsOfArms } from './placed-runs.js';

export type PairedHypothesis = Extract<Hypothesis, { test: 'paired' }>;
type TrendHypothesis = Extract<Hypothesis, { test: 'trend' }>;

interface Effects {
  /** One per seed. */
  readonly effects: readonly number[];
  /** Largest absolute score behind the effects. */
  readonly magnitude: number;
  /** What the effect is, in words. */
  readonly comparison: string;
  /** How the scores were computed. */
  readonly signature: string;
}

export interface PairedEvidence extends Effects {
  readonly test: 'paired';
  readonly pairs: PairedStatistics['pairs'];
}

export interface TrendEvidence extends Effects {
  readonly test: 'trend';
  /** Label of the factor. */
  readonly factor: string;
  readonly doses: readonly { readonly arm: string; readonly label: string; readonly value: number }[];
  readonly seeds: TrendStatistics['seeds'];
}

export type Evidence = PairedEvidence | TrendEvidence;

/** @throws UserError `score-invalid` for missing scores, differing signatures or no seed */
export function evidenceOf(
  hypothesis: Hypothesis,
  reproduction: Pick<Reproduction, 'suite' | 'arms'>,
  runs: readonly MeasuredRun[],
): Evidence {
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
  { metric, treatment, control }: PairedHypothesis,
  { arms }: Pick<Reproduction, 'arms'>,
  runs: readonly MeasuredRun[],
): PairedEvidence {
  const { signature, pairs: scores } = pairedArms(runs, { metric, treatment, control });
  const pairs = pairedDifferences(scores);
  const labelOf = (id: string) => arms.find((arm) => arm.id === id)?.label ?? id;
  return {
    test: 'paired',
    effects: pairs.map(({ difference }) => difference),
    magnitude: Math.max(...pairs.flatMap((pair) => [Math.abs(pair.treatment), Math.abs(pair.control)])),
    comparison: `“${labelOf(treatment)}” minus “${labelOf(control)}”`,
    signature,
    pairs,
  };
}

function trendEvidence(
  { metric, factor, within = {} }: TrendHypothesis,
  { suite, arms }: Pick<Reproduction, 'suite' | 'arms'>,
  runs: readonly MeasuredRun[],
): TrendEvidence {
  const { label: factorLabel, levels } = suite.factors[factor]!;
  const chosen = arms.filter((arm) => Object.entries(within).every(([other, level]) => arm.levels[other] === level));
  const doses = chosen
    .map(({ id, levels: { [factor]: level } }) => ({ arm: id, ...levels[level!]! }))
    .map(({ arm, label, value }) => ({ arm, label, value: value! }))
    .sort((left, right) => left.value - right.value);
  const doseArms = doses.map(({ arm }) => arm);
  const { scores, signature } = measuredArms(runsOfArms(runs, doseArms), metric);
  const seeds = scores.get(doses[0]!.arm)?.map(({ seed }) => seed) ?? [];
  const responses = seeds.map((seed) => ({
    seed,
    values: doses.map(({ arm }) => scores.get(arm)!.find((score) => score.seed === seed)!.value),
  }));
  const doseValues = doses.map(({ value }) => value);
  const withEffects = trendEffects(doseValues, responses);
  const fixed = Object.entries(within).map(([other, level]) => suite.factors[other]?.levels[level]?.label ?? level);
  const [least, greatest] = [doses[0]!.label, doses.at(-1)!.label];
  return {
    test: 'trend',
    effects: withEffects.map(({ effect }) => effect),
    magnitude: Math.max(...responses.flatMap(({ values }) => values.map(Math.abs))),
    comparison: `gain of the fitted line from “${least}” to “${greatest}”${fixed.map((label) => `, ${label}`).join('')}`,
    signature,
    factor: factorLabel,
    doses,
    seeds: withEffects,
  };
}

/** The scores of two arms at every seed that both have. */
export function pairedArms(
  runs: readonly MeasuredRun[],
  { metric, treatment, control }: { readonly metric: MeasureId; readonly treatment: string; readonly control: string },
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
