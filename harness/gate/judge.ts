/**
 * The gate itself: a candidate against a baseline on the same images, decided by the interval of the difference and the margin.
 * Pure: systems in, result out.
 */
import { UserError } from '../errors.js';
import { type GateVerdict, gateDecision } from '../statistics/gate-decision.js';
import { type Baseline, type Margin, referencesOf } from '../systems/baseline.js';
import { meanScore } from '../systems/replicate-means.js';
import { requireComparable } from '../systems/require-comparable.js';
import type { System } from '../systems/system.js';
import { methodSentence, metricDifferences } from './difference.js';
import type { GateMetric, GateResult } from './gate-result.js';
import { candidateOf, type MinimumRequest, minimumSentence, minimumsOf, withMinimums } from './minimum.js';
import { marginText, metricNumbers } from './number-text.js';
import { movementOf } from './regressed-images.js';
import { requireMetric } from './required-metric.js';

export interface GateQuestion {
  readonly baseline: Baseline;
  /** Name of the baseline's file. */
  readonly file: string;
  readonly candidate: System;
  /** The first one gates, the rest inform; by default the baseline's metric gates alone. */
  readonly metrics?: readonly string[];
  /** By default the baseline's. */
  readonly margin?: number;
  readonly minimums?: readonly MinimumRequest[];
  readonly resamples?: number;
  readonly seed?: number;
}

/** @throws UserError `score-invalid` when the candidate's images, references or signatures are others, or a metric is missing */
export function judge({
  baseline,
  file,
  candidate,
  metrics,
  margin: givenMargin,
  minimums = [],
  resamples = 10_000,
  seed = 1,
}: GateQuestion): GateResult {
  const [gating, ...informing] = [...new Set(metrics ?? [baseline.metric])];
  const compared = [gating!, ...informing].map((name) => {
    const before = requireMetric(baseline.system, name, file);
    const after = requireMetric(candidate, name, candidate.label);
    requireComparable(
      { label: 'the baseline', metric: before },
      { label: `the candidate ${candidate.label}`, metric: after },
    );
    return { name, before, after };
  });
  const margin = marginFor(gating!, baseline, givenMargin, file);
  const outcomes = metricDifferences(compared, { resamples, seed });
  const [first] = outcomes;
  const described = compared.map(({ name, before, after }, index): GateMetric => {
    const { difference, low, high, p } = outcomes[index]!;
    return {
      name,
      gates: index === 0,
      higherIsBetter: before.higherIsBetter,
      signature: before.signature,
      images: before.imageIds.length,
      baseline: meanScore(before),
      candidate: meanScore(after),
      baselineRecords: before.replicates.map(({ score }) => score),
      candidateRecords: after.replicates.map(({ score }) => score),
      difference,
      low,
      high,
      p,
    };
  });
  const verdict = verdictOf(described[0]!, margin.value);
  const references = referencesOf(described[0]!.signature);
  const comparison = { verdict, sentence: sentenceOf(verdict, described[0]!, margin.value) };
  const floors = minimumsOf(candidate, minimums, gating!);
  return {
    schemaVersion: 1,
    verdict: withMinimums(verdict, floors),
    sentence: [comparison.sentence, ...floors.map(minimumSentence)].join(' '),
    metric: gating!,
    comparison,
    margin,
    method: methodSentence(first!, resamples),
    level: 0.95,
    resamples,
    baseline: { file, label: baseline.system.label, accepted: baseline.accepted.at(-1)! },
    candidate: candidateOf(candidate),
    ...(references === undefined ? {} : { references }),
    minimums: floors,
    metrics: described,
    ...movementOf(gating!, baseline.system, candidate),
  };
}

/** Decided on differences whose increase is an improvement. */
function verdictOf({ difference, low, high, higherIsBetter }: GateMetric, margin: number): GateVerdict {
  return higherIsBetter
    ? gateDecision({ difference, low, high, margin })
    : gateDecision({ difference: -difference, low: -high, high: -low, margin });
}

function marginFor(gating: string, baseline: Baseline, given: number | undefined, file: string): Margin {
  if (given !== undefined) return { value: given, origin: 'given with --margin' };
  if (gating === baseline.metric) return baseline.margin;
  throw new UserError({
    code: 'usage',
    what: `the baseline has a margin for ${baseline.metric}, not for ${gating}`,
    where: file,
    expected: 'a margin for the metric that gates',
    fix: `add --margin X, or accept a baseline that gates on ${gating}`,
  });
}

/**
 * Whether the images leave room for a pass at all: the interval reaches so far below the difference that it includes a loss of the margin
 * even where nothing is lost on average. Its width shrinks with the root of the number of images.
 */
function whyNever(metric: GateMetric, margin: number): string {
  const { difference, low, high, higherIsBetter } = metric;
  const reach = higherIsBetter ? difference - low : high - difference;
  if (reach < margin) return '';
  return (
    ' Where scores vary this much, a candidate that loses nothing on average could not pass either: that takes ' +
    `a margin above ${marginText(reach)}${otherwise(metric, reach / margin)}.`
  );
}

/** What would narrow the interval by a factor. Retrained seeds widen it too, and images do not help against that. */
function otherwise({ images, baselineRecords, candidateRecords }: GateMetric, factor: number): string {
  if (!Number.isFinite(factor)) return '';
  if (baselineRecords.length > 1 || candidateRecords.length > 1) return ', or more images and seeds';
  return `, or about ${Number((images * factor ** 2).toPrecision(2))} images`;
}

function sentenceOf(verdict: GateVerdict, metric: GateMetric, margin: number): string {
  const { name, images } = metric;
  const { difference, low, high } = metricNumbers(metric);
  const change = `${name} ${difference} (95 % interval ${low} to ${high}, ${images} images)`;
  const least = `the margin of ${marginText(margin)}`;
  switch (verdict) {
    case 'pass':
      return `${change}: a loss as large as ${least} is ruled out.`;
    case 'regression':
      return `${change}: a loss of at least ${least}.`;
    case 'inconclusive':
      return `${change}: the interval does not decide at ${least}.${whyNever(metric, margin)}`;
    default:
      return verdict satisfies never;
  }
}
