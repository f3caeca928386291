/**
 * Differences of two systems over the same images, with intervals and p. Metrics on equal image sets share their resamples, and their
 * columns travel through the bootstrap together, so that the informing metrics cost little beside the gating one.
 */
import { bootstrapStatistics, type SumStatistic } from '../../metrics/bootstrap/bootstrap-statistic.js';
import type { Column } from '../../metrics/bootstrap/resampled-sums.js';
import { signFlipTest } from '../statistics/sign-flip.js';
import { type SystemMetric, scoreOfSums } from '../systems/system.js';

export interface MetricPair {
  readonly before: SystemMetric;
  readonly after: SystemMetric;
}

export interface MetricDifference {
  /** After − before. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided p of no difference; absent where the score is no sum over images. */
  readonly p?: number;
  /** How the interval was computed, as one sentence. */
  readonly method: string;
}

export interface ResamplingOptions {
  readonly resamples: number;
  readonly seed: number;
}

/** @param pairs comparable metrics; the differences come in the same order, the first one with its p */
export function metricDifferences(
  pairs: readonly MetricPair[],
  options: ResamplingOptions,
): readonly MetricDifference[] {
  const differences = new Map<MetricPair, MetricDifference>();
  for (const group of groupsOfImages(pairs)) {
    differencesOfImages(group, options).forEach((difference, index) => {
      differences.set(group[index]!, difference);
    });
  }
  return pairs.map((pair, index) => ({ ...differences.get(pair)!, ...(index === 0 ? pOf(pair, options) : {}) }));
}

function groupsOfImages(pairs: readonly MetricPair[]): readonly (readonly MetricPair[])[] {
  const groups: MetricPair[][] = [];
  for (const pair of pairs) {
    const { imageIds } = pair.before;
    const known = groups.find(([first]) => {
      const others = first!.before.imageIds;
      return others.length === imageIds.length && others.every((id, index) => id === imageIds[index]);
    });
    if (known === undefined) groups.push([pair]);
    else known.push(pair);
  }
  return groups;
}

/** One record on each side: images are the unit. */
function differencesOfImages(
  pairs: readonly MetricPair[],
  { resamples, seed }: ResamplingOptions,
): readonly MetricDifference[] {
  const columns: Column[] = [];
  const positions = new Map<string, number>();
  const statistics = pairs.map((pair) => statisticOf(pair, columns, positions));
  const images = pairs[0]!.before.imageIds.length;
  const intervals = bootstrapStatistics(columns, images, statistics, { resamples, seed });
  return pairs.map(({ before, after }, index) => {
    const [low, high] = intervals[index]!;
    const [one, other] = [before.replicates[0]!, after.replicates[0]!];
    return {
      difference: other.score - one.score,
      low,
      high,
      method: `BCa bootstrap over ${images} images, ${resamples} resamples.`,
    };
  });
}

/** Sign-flip over images. The questions of an image flip together; a BLEU is no sum over images. */
function pOf({ before, after }: MetricPair, { resamples, seed }: ResamplingOptions): { readonly p?: number } {
  if (before.aggregation.startsWith('BLEU-')) return {};
  const [one, other] = [before.replicates[0]!.columns[0]!, after.replicates[0]!.columns[0]!];
  const gains = Float64Array.from(one, (value, image) => other[image]! - value);
  return { p: signFlipTest(gains, { permutations: resamples, seed }).p };
}

/**
 * The difference as a function of sums. A mean needs one column, the differences; other scores need the columns of both sides,
 * which metrics that share them (BLEU-1 … 4) add once.
 */
function statisticOf({ before, after }: MetricPair, columns: Column[], positions: Map<string, number>): SumStatistic {
  const [one, other] = [before.replicates[0]!.columns, after.replicates[0]!.columns];
  const { aggregation } = before;
  if (aggregation === 'mean') {
    columns.push({ values: Float64Array.from(one[0]!, (value, image) => other[0]![image]! - value), integers: false });
    return { columns: [columns.length - 1], compute: ([sum], images) => sum! / images };
  }
  const key = aggregation === 'ratio' ? before.name : before.group;
  const width = one.length;
  let first = positions.get(key);
  if (first === undefined) {
    first = columns.length;
    positions.set(key, first);
    for (const values of [...one, ...other]) {
      columns.push({ values, integers: values.every((value) => Number.isInteger(value) && value >= 0) });
    }
  }
  const used = Array.from({ length: 2 * width }, (_, index) => first + index);
  return {
    columns: used,
    compute: (sums, images) =>
      scoreOfSums(aggregation, sums.slice(width), images) - scoreOfSums(aggregation, sums, images),
  };
}

export function gateDecision({
  difference,
  low,
  high,
  margin,
}: {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly margin: number;
}): 'pass' | 'regression' | 'inconclusive' {
  if (low > -margin) return 'pass';
  return high < 0 && difference <= -margin ? 'regression' : 'inconclusive';
}
