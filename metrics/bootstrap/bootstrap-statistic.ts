/**
 * Bootstraps statistics that are functions of column sums: means, ratios of sums, and BLEU from its counts.
 * All statistics share the same resamples of the images, drawn once.
 */
import { BOOTSTRAP_DEFAULTS, type BootstrapOptions, confidenceInterval, type Interval } from './interval.js';
import { type Column, resampledSums } from './resampled-sums.js';

/** A statistic of the sums of some columns and the number of images that they sum over. */
export interface SumStatistic {
  readonly columns: readonly number[];
  readonly compute: (sums: readonly number[], images: number) => number;
}

/** The interval of each statistic, at 95 % unless told. */
export function bootstrapStatistics(
  columns: readonly Column[],
  images: number,
  statistics: readonly SumStatistic[],
  options: BootstrapOptions,
): Interval[] {
  const { resamples, seed, method, level } = { ...BOOTSTRAP_DEFAULTS, ...options };
  const sums = resampledSums(columns, images, resamples, seed);
  const totals = columns.map(({ values }) => {
    let total = 0;
    for (let image = 0; image < images; image++) total += values[image]!;
    return total;
  });
  return statistics.map(({ columns: used, compute }) => {
    const replicates = new Float64Array(resamples);
    for (let resample = 0; resample < resamples; resample++) {
      replicates[resample] = compute(
        used.map((column) => sums[column]![resample]!),
        images,
      );
    }
    const estimate = compute(
      used.map((column) => totals[column]!),
      images,
    );
    const jackknife = new Float64Array(method === 'bca' && images > 1 ? images : 0);
    for (let image = 0; image < jackknife.length; image++) {
      jackknife[image] = compute(
        used.map((column) => totals[column]! - columns[column]!.values[image]!),
        images - 1,
      );
    }
    return confidenceInterval(replicates, estimate, jackknife, method, level);
  });
}
