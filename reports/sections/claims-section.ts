/** Each claim: what was fixed before the run, and the evidence that decided it, as plots with their tables and the tests in words. */

import type { ArmStyle, LineStyle } from '../arm-style.js';
import { styleOf } from '../arm-style.js';
import { renderEffectsChart } from '../charts/effects-chart.js';
import { renderPairedScores } from '../charts/paired-scores-chart.js';
import { renderResponseChart } from '../charts/response-chart.js';
import { rowsHeight, rowsWidth } from '../charts/rows-frame.js';
import { armMeans, mean } from '../derived-numbers.js';
import { boundsOf } from '../effect-interval.js';
import type {
  ClaimView,
  FindingReportView,
  HypothesisView,
  PairedSeedsView,
  TrendView,
} from '../finding-report-view.js';
import { decimalsFor, formatChosen, formatFixed, formatLevel, formatP, formatSigned } from '../numbers.js';
import { sentenceStart } from '../wording.js';
import { effectOf } from './claim-effect.js';
import { sentenceBesideWord, verdictChip } from './verdict-words.js';

export interface ComparedArms {
  readonly treatment: ArmStyle;
  readonly control: ArmStyle;
}

type Styles = ReadonlyMap<string, ArmStyle>;

/** The two arms of a paired claim as all paired plots draw them, whatever they look like among many arms. */
export function comparedArms({ treatment = '', control = '' }: HypothesisView, styles: Styles): ComparedArms {
  return {
    treatment: {
      ...styleOf(styles, treatment),
      roleWord: 'treatment',
      color: 'var(--treatment)',
      dash: [],
      marker: 'disc',
      hollow: false,
    },
    control: {
      ...styleOf(styles, control),
      roleWord: 'control',
      color: 'var(--control)',
      dash: [7, 4],
      marker: 'square',
      hollow: true,
    },
  };
}

export function hypothesesSection({ claims }: FindingReportView) {
  return claims.map(({ hypothesis }, index) => ({
    number: claims.length > 1 ? String(index + 1) : '',
    statement: hypothesis.statement,
    facts: [
      { label: 'Primary metric', value: hypothesis.metric },
      { label: 'Compared', value: hypothesis.comparison },
      {
        label: 'Claimed direction',
        value: hypothesis.direction === 'greater' ? 'greater than zero' : 'less than zero',
      },
      { label: 'Smallest effect of interest (margin)', value: formatChosen(hypothesis.margin) },
      { label: 'Significance level', value: `α = ${hypothesis.alpha}` },
    ],
  }));
}

export function evidenceSection({ claims }: FindingReportView, styles: Styles) {
  return claims.map((claim, index) => {
    const { evidence, verdict } = claim;
    const id = `claim-${index + 1}`;
    const several = claims.length > 1;
    return {
      id,
      several,
      number: index + 1,
      statement: claim.hypothesis.statement,
      chip: verdictChip(verdict.verdict),
      // With one claim the first screen has said both.
      sentence: several ? sentenceBesideWord(verdict) : '',
      reasons: several ? verdict.reasons : [],
      tests: testsInWords(claim),
      metric: sentenceStart(effectOf(claim).metric),
      level: levelOf(effectOf(claim)),
      margin: claim.hypothesis.margin > 0 ? formatChosen(claim.hypothesis.margin) : '',
      better: effectBetter(evidence.test === 'paired' ? evidence.pairs : evidence.trend),
      pairs: evidence.test === 'paired' ? pairedEvidence(id, claim.hypothesis, evidence.pairs, styles) : undefined,
      trend: evidence.test === 'trend' ? trendEvidence(id, claim.hypothesis, evidence.trend) : undefined,
    };
  });
}

/** Nothing where there is no interval. */
const levelOf = ({ confidence }: Pick<PairedSeedsView, 'confidence'>): string =>
  confidence === null ? '' : formatLevel(confidence.level);

function effectBetter({ higherIsBetter }: { readonly higherIsBetter: boolean }): string {
  return higherIsBetter ? 'higher is better' : 'lower is better';
}

/** What the tests said, one sentence each. */
function testsInWords(claim: ClaimView): string[] {
  const { holm, equivalence, hypothesis } = claim;
  const { signFlip, tTest, seeds, eachSeed } = effectOf(claim);
  const corrected = holm === undefined ? '' : ', p corrected by Holm';
  const equivalenceTest = `Equivalence test (two one-sided t tests at α = ${formatChosen(hypothesis.alpha / 2)}${corrected})`;
  const margin = formatChosen(equivalence.margin);
  return [
    `t test: ${tTest.p === undefined ? `no p, as ${seeds > 1 ? `every seed has the same ${eachSeed}` : 'there is one seed'}` : formatP(tTest.p)}; ${signFlip.permutations === 2 ** seeds ? 'exact ' : ''}sign-flip test: ${formatP(signFlip.p)}.`,
    ...(holm === undefined
      ? []
      : [
          `Holm’s correction over the ${holm.claims} primary claims, of the test against ${nullHypothesis(holm.against, hypothesis)}: adjusted ${formatP(holm.adjustedP)}${heldAgainst(holm)}.`,
        ]),
    equivalence.equivalent
      ? `${equivalenceTest}: the effect lies within ±${margin} (${formatP(equivalence.p)}): no difference that matters.`
      : `${equivalenceTest}: it is not shown that the effect lies within ±${margin} (${formatP(equivalence.p)}); “no difference” is not claimed.`,
  ];
}

function heldAgainst({ adjustedP, level }: NonNullable<ClaimView['holm']>): string {
  return level === undefined
    ? ''
    : `, ${adjustedP <= level ? 'at or below' : 'above'} the level of ${formatChosen(level)}`;
}

/** What a small p speaks against. */
export function nullHypothesis(
  against: NonNullable<ClaimView['holm']>['against'],
  { margin }: Pick<HypothesisView, 'margin'>,
): string {
  switch (against) {
    case 'no effect':
      return 'no effect';
    case 'benefit of the margin':
      return `a benefit of ${formatChosen(margin)}`;
    case 'no opposite effect':
      return 'no opposite effect';
    default:
      return against satisfies never;
  }
}

function pairedEvidence(id: string, hypothesis: HypothesisView, measure: PairedSeedsView, styles: Styles) {
  const arms = comparedArms(hypothesis, styles);
  const decimals = decimalsFor(measure.pairs.flatMap((pair) => [pair.treatment, pair.control]));
  const means = armMeans(measure);
  const effectDecimals = decimalsOf(measure.meanDifference, measure.confidence);
  const row = (name: string, treatment: number, control: number, difference: number) => ({
    name,
    treatment: formatFixed(treatment, decimals),
    control: formatFixed(control, decimals),
    difference: formatSigned(difference, effectDecimals),
  });
  return {
    armKey: [arms.treatment, arms.control],
    axis: measure.axis,
    treatment: arms.treatment,
    control: arms.control,
    scores: renderPairedScores({ id: `${id}-scores`, measure, ...arms }),
    effects: renderEffectsChart({
      id: `${id}-effects`,
      title: `Difference in ${measure.metric}, ${arms.treatment.label} minus ${arms.control.label}`,
      axis: `Difference in ${measure.axis}`,
      rows: measure.pairs.map(({ seed, difference }) => ({ label: `seed ${seed}`, effect: difference })),
      mean: measure.meanDifference,
      confidence: measure.confidence,
      margin: hypothesis.margin,
      color: arms.treatment.color,
    }),
    rows: measure.pairs.map((pair) => row(String(pair.seed), pair.treatment, pair.control, pair.difference)),
    mean: row('mean', means.treatment, means.control, measure.meanDifference),
  };
}

/** As many as the sentence of the verdict has. */
function decimalsOf(mean: number, confidence: PairedSeedsView['confidence']): number {
  const { low, high } = boundsOf(confidence);
  return decimalsFor([mean, low, high]);
}

const TREND_STYLE: LineStyle = { label: '', color: 'var(--treatment)', dash: [], marker: 'disc', hollow: false };

function trendEvidence(id: string, hypothesis: HypothesisView, trend: TrendView) {
  const { doses, seeds, axis, metric, factor } = trend;
  const decimals = decimalsFor(seeds.flatMap(({ values }) => values));
  const effectDecimals = decimalsOf(trend.meanEffect, trend.confidence);
  const means = doses.map((_, dose) => mean(seeds.map(({ values }) => values[dose] ?? Number.NaN)));
  return {
    axis,
    factor,
    scores: renderResponseChart({
      id: `${id}-scores`,
      title: `${metric} over ${factor}`,
      response: {
        metric,
        axis,
        higherIsBetter: trend.higherIsBetter,
        xLabel: factor,
        xScale: 'linear',
        series: [
          {
            label: 'mean over the seeds',
            points: doses.map(({ value, label }, dose) => ({
              x: value,
              xText: label,
              mean: means[dose] ?? Number.NaN,
              seeds: seeds.map(({ seed, values }) => ({ seed, value: values[dose] ?? Number.NaN })),
            })),
          },
        ],
        references: [],
      },
      styles: [TREND_STYLE],
      width: rowsWidth,
      height: rowsHeight(seeds.length),
    }),
    effects: renderEffectsChart({
      id: `${id}-effects`,
      title: `Gain in ${metric} from the least to the most ${factor}`,
      axis: `Gain in ${axis}`,
      rows: seeds.map(({ seed, effect }) => ({ label: `seed ${seed}`, effect })),
      mean: trend.meanEffect,
      confidence: trend.confidence,
      margin: hypothesis.margin,
      color: TREND_STYLE.color,
    }),
    doses: doses.map(({ label }) => label),
    rows: seeds.map(({ seed, values, effect }) => ({
      name: String(seed),
      values: values.map((value) => formatFixed(value, decimals)),
      effect: formatSigned(effect, effectDecimals),
    })),
    mean: {
      values: means.map((value) => formatFixed(value, decimals)),
      effect: formatSigned(trend.meanEffect, effectDecimals),
    },
  };
}
