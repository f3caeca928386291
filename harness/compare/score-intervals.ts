/** The interval of each system's own score over images. Metrics on equally many images share the resamples, and equal columns are summed once. */
import { bootstrapStatistics } from '../../metrics/bootstrap/bootstrap-statistic.js';
import { type SystemMetric, scoreOfSums } from '../systems/system.js';
import type { ComparisonOptions } from './comparison-options.js';

export interface ScoreInterval {
  readonly low: number;
  readonly high: number;
}

/** Of metrics with one record: several records vary over seeds too, which an interval over images would hide. */
export function scoreIntervals(
  metrics: readonly SystemMetric[],
  { resamples, seed, level }: ComparisonOptions,
): ReadonlyMap<SystemMetric, ScoreInterval> {
  const single = metrics.filter(({ replicates }) => replicates.length === 1);
  const counts = new Set(single.map(({ imageIds }) => imageIds.length));
  const intervals = new Map<SystemMetric, ScoreInterval>();
  for (const images of counts) {
    const group = single.filter(({ imageIds }) => imageIds.length === images);
    const columns: Float64Array[] = [];
    const statistics = group.map(({ aggregation, replicates }) => ({
      columns: replicates[0]!.columns.map((values) => placeOf(values, columns)),
      compute: (sums: readonly number[], count: number) => scoreOfSums(aggregation, sums, count),
    }));
    const given = columns.map((values) => ({ values, integers: values.every(isCount) }));
    bootstrapStatistics(given, images, statistics, { resamples, seed, level }).forEach(([low, high], index) => {
      intervals.set(group[index]!, { low, high });
    });
  }
  return intervals;
}

/** BLEU-1 to BLEU-4 follow from the same counts. */
function placeOf(values: Float64Array, columns: Float64Array[]): number {
  const known = columns.findIndex((other) => other.every((value, image) => value === values[image]));
  return known >= 0 ? known : columns.push(values) - 1;
}

const isCount = (value: number): boolean => value >= 0 && Number.isInteger(value);
