/** One metric of a comparison with its numbers written out: ranking, pairs, matrix of significance, and parts of the data. */
import { intervalReach, renderMiniInterval } from '../charts/mini-interval.js';
import { fewImages } from '../few-images.js';
import { decimalsFor, formatCount, formatFixed, formatInterval, formatP, formatSigned } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { sentenceStart } from '../wording.js';
import { type BreakdownView, type ComparedMetricView, type PairView, shownMetric } from './comparison-view.js';
import type { SystemStyle } from './system-style.js';
import { renderWinBar } from './win-bar.js';

/** Pairs in a table; forty systems have 780. */
const PAIRS = 100;

export interface SectionOptions {
  /** Unique in the page. */
  readonly id: string;
  readonly metric: ComparedMetricView;
  readonly styles: ReadonlyMap<string, SystemStyle>;
  /** Of the intervals, in per cent. */
  readonly percent: string;
}

export function metricSection({ id, metric, styles, percent }: SectionOptions) {
  const { higherIsBetter, images, ranking, pairs, breakdowns } = metric;
  const decimals = decimalsFor(ranking.map(({ score }) => score));
  const styleOf = (system: string) => styles.get(system)!;
  return {
    id,
    name: shownMetric(metric),
    heading: sentenceStart(shownMetric(metric)),
    percent,
    // The column of one record is an interval over images; several vary over seeds too and stand one by one.
    hasIntervals: ranking.some(({ interval }) => interval !== undefined),
    hasRecords: ranking.some(({ recordScores }) => recordScores.length > 1),
    images: formatCount(images),
    better: higherIsBetter ? 'higher is better' : 'lower is better',
    isTested: pairs.length > 0,
    sentence: metricSentence(metric, styles, decimals),
    fewImages: fewImages(images),
    ranking: ranking.map(({ system, score, interval, recordScores, letters }, index) => ({
      rank: index + 1,
      label: styleOf(system).label,
      color: styleOf(system).color,
      score: formatFixed(score, decimals),
      interval: interval === undefined ? '–' : formatInterval(interval, decimals),
      records: recordScores.length > 1 ? recordScores.map((one) => formatFixed(one, decimals)).join(', ') : '–',
      letters,
    })),
    units: [...new Set(pairs.map(({ unit }) => unit))].join('; '),
    pairs: pairRows({ id, pairs: pairs.slice(0, PAIRS), styles, decimals }),
    furtherPairs: Math.max(0, pairs.length - PAIRS),
    matrix: ranking.length > 2 ? significanceMatrix(metric, styles, decimals) : undefined,
    breakdowns: breakdowns.map((breakdown, index) => ({
      id: `${id}-parts-${index + 1}`,
      ...breakdownTable(breakdown, metric, styles, decimals),
    })),
  };
}

/** What the tests of a metric come to, in one or two sentences. */
export function metricSentence(
  compared: ComparedMetricView,
  styles: ReadonlyMap<string, SystemStyle>,
  decimals: number = decimalsFor(compared.ranking.map(({ score }) => score)),
): string {
  const { ranking, pairs, higherIsBetter, tieGroups } = compared;
  const metric = singleLineText(shownMetric(compared), 60);
  const nameOf = (system: string) => styles.get(system)!.name;
  const [pair, ...others] = pairs;
  if (pair === undefined) return `One system was scored on ${metric}; there is nothing to test it against.`;
  if (others.length === 0) {
    const numbers = `${formatSigned(pair.difference, decimals)} ${formatInterval(pair, decimals)}, ${formatP(pair.p)}`;
    const [first, second] = [nameOf(pair.first), nameOf(pair.second)];
    return pair.significant
      ? `On ${metric}, ${first} is better than ${second}: ${first} − ${second} = ${numbers}.`
      : `On ${metric}, the test does not tell ${first} and ${second} apart: ${first} − ${second} = ${numbers}. That does not show that they are equal.`;
  }
  const significant = pairs.filter((one) => one.significant).length;
  const best = ranking[0]!.system;
  const tied = (tieGroups[0] ?? []).filter((system) => system !== best).map(nameOf);
  const top =
    tied.length === 0
      ? `Every other system is worse than ${nameOf(best)}`
      : `The ${higherIsBetter ? 'highest' : 'lowest'} score is that of ${nameOf(best)}, which is not told apart from ${listed(tied)}`;
  const verb = significant === 0 ? 'differs' : 'differ';
  const share =
    significant === 0
      ? `none of ${pairs.length}`
      : significant === pairs.length
        ? `all ${significant}`
        : `${significant} of ${pairs.length}`;
  return `On ${metric}, ${share} pairs of systems ${verb} significantly after Holm’s correction. ${top}.`;
}

function listed(names: readonly string[]): string {
  if (names.length > 4) return `${names.length} others`;
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

interface PairRowsOptions {
  readonly id: string;
  readonly pairs: readonly PairView[];
  readonly styles: ReadonlyMap<string, SystemStyle>;
  readonly decimals: number;
}

function pairRows({ id, pairs, styles, decimals }: PairRowsOptions) {
  const reach = intervalReach(pairs.flatMap(({ low, high }) => [low, high]));
  return pairs.map((pair, index) => {
    const { first, second, difference, low, high, p, adjustedP, significant, wins, ties, losses } = pair;
    const [one, other] = [styles.get(first)!, styles.get(second)!];
    const title = `${one.name} − ${other.name}`;
    const numbers = `${formatSigned(difference, decimals)} ${formatInterval(pair, decimals)}`;
    return {
      first: one.label,
      second: other.label,
      difference: formatSigned(difference, decimals),
      interval: formatInterval(pair, decimals),
      p: bareP(p),
      adjustedP: bareP(adjustedP),
      significant,
      wins: formatCount(wins),
      ties: formatCount(ties),
      losses: formatCount(losses),
      plot: renderMiniInterval({
        id: `${id}-pair-${index + 1}`,
        title,
        description: numbers,
        mean: difference,
        low,
        high,
        reach,
        width: 150,
        color: significant ? 'var(--ink)' : 'var(--muted)',
      }),
      bar: renderWinBar({ id: `${id}-bar-${index + 1}`, first: one, second: other, wins, ties, losses }),
    };
  });
}

function bareP(p: number): string {
  return formatP(p).replace(/^p (?:= )?/, '');
}

/** Rows and columns in the order of the ranking: differences above the diagonal, adjusted p below it. */
function significanceMatrix(
  { ranking, pairs }: ComparedMetricView,
  styles: ReadonlyMap<string, SystemStyle>,
  decimals: number,
) {
  const key = (first: string, second: string) => `${first} ${second}`;
  const known = new Map<string, PairView>(pairs.map((pair) => [key(pair.first, pair.second), pair]));
  return {
    columns: ranking.map((_, index) => index + 1),
    rows: ranking.map(({ system }, row) => ({
      rank: row + 1,
      label: styles.get(system)!.label,
      cells: ranking.map(({ system: other }, column) => {
        if (row === column) return { shown: '·', significant: false };
        const pair = row < column ? known.get(key(system, other)) : known.get(key(other, system));
        if (pair === undefined) return { shown: '–', significant: false };
        const shown = row < column ? formatSigned(pair.difference, decimals) : bareP(pair.adjustedP);
        return { shown, significant: pair.significant };
      }),
    })),
  };
}

function fewestWithInterval(parts: BreakdownView['parts']): number {
  const shown = parts.filter(({ cells }) => cells.some(({ difference }) => difference?.low !== undefined));
  return Math.min(...shown.map(({ images }) => images));
}

function breakdownTable(
  { by, note, parts }: BreakdownView,
  metric: ComparedMetricView,
  styles: ReadonlyMap<string, SystemStyle>,
  decimals: number,
) {
  return {
    title: `${sentenceStart(singleLineText(shownMetric(metric), 60))} by ${by}`,
    note: `${note} ${fewImages(fewestWithInterval(parts))}`.trim(),
    hasQuestions: parts.some(({ questions }) => questions !== undefined),
    reference: [...styles.values()][0]!.label,
    systems: [...styles.values()].map(({ label }) => label),
    rows: parts.map(({ label, images, questions, cells }) => ({
      label,
      images: formatCount(images),
      questions: questions === undefined ? '' : formatCount(questions),
      cells: cells.map(({ score, difference }) => ({
        score: formatFixed(score, decimals),
        difference: difference === undefined ? '' : formatSigned(difference.value, decimals),
        interval:
          difference?.low === undefined || difference.high === undefined
            ? ''
            : formatInterval({ low: difference.low, high: difference.high }, decimals),
      })),
    })),
  };
}
