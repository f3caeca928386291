/** One metric over all systems: their scores with intervals, the ranking with its tie groups, and every pair with its statistics. */
import { bootstrapStatistics } from '../../metrics/bootstrap/bootstrap-statistic.js';
import type { ComparedMetricView, RankedSystemView } from '../../reports/comparison/comparison-view.js';
import { compareMany } from '../statistics/compare-many.js';
import type { ScoreOfSums } from '../statistics/paired-images.js';
import { type SystemMetric, scoreOfSums } from '../systems/system.js';
import { meanPerImage, pairCounts } from './pair-counts.js';
import type { SharedMetric } from './shared-metrics.js';

export interface ComparisonOptions {
  readonly alpha: number;
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}

/** @param ids of the systems, in the order of the metric's */
export function compareMetric(
  { name, metrics }: SharedMetric,
  ids: readonly string[],
  options: ComparisonOptions,
): Omit<ComparedMetricView, 'breakdowns'> {
  const { signature, higherIsBetter, imageIds } = metrics[0]!;
  const direction = higherIsBetter ? 1 : -1;
  const { ranking, pairs, tieGroups } = compareMany(
    metrics.map((metric, index) => ({
      id: ids[index]!,
      records: metric.replicates,
      rankBy: direction * meanScore(metric),
    })),
    scoreOf(metrics[0]!),
    options,
  );
  const scores = new Map(metrics.map((metric, index) => [ids[index]!, rankedScore(metric, options)]));
  const images = new Map(metrics.map((metric, index) => [ids[index]!, meanPerImage(metric)]));
  return {
    name,
    signature,
    higherIsBetter,
    images: imageIds.length,
    ranking: ranking.map(({ id, letters }) => ({ system: id, ...scores.get(id)!, letters })),
    pairs: pairs.map(({ first, second, difference, low, high, p, adjustedP, significant, unit }) => ({
      first,
      second,
      difference,
      low,
      high,
      p,
      adjustedP,
      significant,
      unit,
      ...pairCounts(images.get(first)!, images.get(second)!, higherIsBetter),
    })),
    tieGroups,
  };
}

export function scoreOf({ aggregation }: SystemMetric): ScoreOfSums {
  return (sums, images) => scoreOfSums(aggregation, sums, images);
}

function meanScore({ replicates }: SystemMetric): number {
  return replicates.reduce((sum, { score }) => sum + score, 0) / replicates.length;
}

/** A system of several records varies over seeds too, which an interval over images would hide: its records are shown instead. */
function rankedScore(
  metric: SystemMetric,
  { resamples, seed, level }: ComparisonOptions,
): Omit<RankedSystemView, 'system' | 'letters'> {
  const { replicates, imageIds } = metric;
  const [first, ...rest] = replicates;
  const recordScores = replicates.map(({ score }) => score);
  if (rest.length > 0) return { score: meanScore(metric), recordScores };
  const columns = first!.columns.map((values) => ({
    values,
    integers: values.every((value) => value >= 0 && Number.isInteger(value)),
  }));
  const statistic = { columns: columns.map((_, index) => index), compute: scoreOf(metric) };
  const [interval] = bootstrapStatistics(columns, imageIds.length, [statistic], { resamples, seed, level });
  const [low, high] = interval!;
  return { score: first!.score, interval: { low, high }, recordScores };
}
