/** Differences of two systems over the same images and, with several records on a side, over seeds; with the words for the method. */
import { fewImages } from '../../reports/few-images.js';
import { type SystemComparison, type SystemDifference, systemDifferences } from '../statistics/seeds-and-images.js';
import { type SystemMetric, scoreOfSums } from '../systems/system.js';

export interface MetricPair {
  readonly before: SystemMetric;
  readonly after: SystemMetric;
}

export interface ResamplingOptions {
  readonly resamples: number;
  readonly seed: number;
}

/** After − before. @param pairs comparable metrics; the differences come in the same order */
export function metricDifferences(
  pairs: readonly MetricPair[],
  options: ResamplingOptions,
): readonly SystemDifference[] {
  return systemDifferences(pairs.map(comparisonOf), options);
}

function comparisonOf({ before, after }: MetricPair): SystemComparison {
  const score = (sums: readonly number[], images: number) => scoreOfSums(before.aggregation, sums, images);
  const [one, other] = [before.replicates, after.replicates];
  if (before.aggregation !== 'mean' || one.length > 1 || other.length > 1) {
    return { candidate: other, baseline: one, score };
  }
  // The difference of two means is the mean of the differences: one column to resample instead of two.
  const [values, others] = [one[0]!.columns[0]!, other[0]!.columns[0]!];
  const gains = others.map((value, image) => value - values[image]!);
  return { candidate: [{ columns: [gains] }], baseline: [{ columns: [new Float64Array(gains.length)] }], score };
}

/** One sentence on what the interval covers. */
export function methodSentence(difference: SystemDifference, resamples: number): string {
  return `${howComputed(difference, resamples)} ${fewImages(difference.images)}`.trim();
}

function howComputed({ unit, images, records }: SystemDifference, resamples: number): string {
  const [ours, theirs] = records;
  switch (unit) {
    case 'images':
      return `One record a side on ${images} images: paired BCa bootstrap over images, ${resamples} resamples; sign-flip test.`;
    case 'images and paired seeds':
      return `${ours} records a side with the same seeds on ${images} images: variance of paired seeds (t) and of images added.`;
    case 'images and seeds':
      return `${ours} against ${theirs} ${theirs === 1 ? 'record' : 'records'} on ${images} images: variance of seeds (t) and of images added.`;
    default:
      return unit satisfies never;
  }
}
