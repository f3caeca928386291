/** All metrics over all systems: their scores with intervals, the rankings with tie groups, and every pair with its statistics. */
import type { ComparedMetricView } from '../../reports/comparison/comparison-view.js';
import { compareContests } from '../statistics/compare-many.js';
import type { ScoreOfSums } from '../statistics/paired-images.js';
import { pairCounts } from '../systems/pair-counts.js';
import { meanPerImage, meanScore } from '../systems/replicate-means.js';
import { type SystemMetric, scoreOfSums } from '../systems/system.js';
import type { ComparisonOptions } from './comparison-options.js';
import { scoreIntervals } from './score-intervals.js';
import type { SharedMetric } from './shared-metrics.js';

/** @param ids of the systems, in the order of each metric's */
export function compareMetrics(
  shared: readonly SharedMetric[],
  ids: readonly string[],
  options: ComparisonOptions,
): readonly Omit<ComparedMetricView, 'breakdowns'>[] {
  const contests = shared.map(({ metrics }) => {
    const direction = metrics[0]!.higherIsBetter ? 1 : -1;
    return {
      systems: metrics.map((metric, index) => ({
        id: ids[index]!,
        records: metric.replicates,
        rankBy: direction * meanScore(metric),
      })),
      score: scoreOf(metrics[0]!),
    };
  });
  const comparisons = compareContests(contests, options);
  const intervals = scoreIntervals(
    shared.flatMap(({ metrics }) => metrics),
    options,
  );
  return shared.map(({ name, metrics }, index): Omit<ComparedMetricView, 'breakdowns'> => {
    const { signature, higherIsBetter, imageIds } = metrics[0]!;
    const { ranking, pairs, tieGroups } = comparisons[index]!;
    const metricOf = new Map(metrics.map((metric, system) => [ids[system]!, metric]));
    const images = new Map(metrics.map((metric, system) => [ids[system]!, meanPerImage(metric)]));
    return {
      name,
      signature,
      higherIsBetter,
      images: imageIds.length,
      ranking: ranking.map(({ id, letters }) => {
        const metric = metricOf.get(id)!;
        const interval = intervals.get(metric);
        return {
          system: id,
          score: meanScore(metric),
          ...(interval === undefined ? {} : { interval }),
          recordScores: metric.replicates.map(({ score }) => score),
          letters,
        };
      }),
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
  });
}

export function scoreOf({ aggregation }: SystemMetric): ScoreOfSums {
  return (sums, images) => scoreOfSums(aggregation, sums, images);
}
