/**
 * Bootstrap intervals of the caption metrics over images: means of per-image scores (document frequencies stay frozen) and
 * BLEU recomputed from the resampled images' counts. One set of resamples serves all of them.
 */
import { bootstrapStatistics, type SumStatistic } from '../bootstrap/bootstrap-statistic.js';
import type { BootstrapOptions, Interval } from '../bootstrap/interval.js';
import type { Column } from '../bootstrap/resampled-sums.js';
import { bleuOfOrder } from './bleu.js';
import type { NgramScores } from './caption-scores.js';
import { MAXIMUM_ORDER } from './encoded-captions.js';

/** The 95 % interval of each metric in `scores`. */
export function captionIntervals(
  scores: Readonly<Record<string, { readonly perImage: Float64Array }>>,
  ngrams: NgramScores,
  options: BootstrapOptions,
): ReadonlyMap<string, Interval> {
  const names = Object.keys(scores);
  const columns: Column[] = [];
  const statistics: SumStatistic[] = [];
  let bleuColumns: readonly number[] | undefined;
  for (const name of names) {
    if (name.startsWith('BLEU-')) {
      bleuColumns ??= addBleuColumns(columns, ngrams);
      const order = Number(name.slice('BLEU-'.length));
      statistics.push({ columns: bleuColumns, compute: (sums) => bleuOfSums(sums, order) });
    } else {
      columns.push({ values: scores[name]!.perImage, integers: false });
      statistics.push({ columns: [columns.length - 1], compute: ([sum], images) => sum! / images });
    }
  }
  const intervals = bootstrapStatistics(columns, ngrams.ciderD.length, statistics, options);
  return new Map(names.map((name, index) => [name, intervals[index]!]));
}

/** Adds both lengths, four counts of matches and three of guesses (a candidate's length is its number of 1-grams). */
function addBleuColumns(columns: Column[], ngrams: NgramScores): readonly number[] {
  const first = columns.length;
  const { candidateLength, referenceLength, matches } = ngrams;
  columns.push({ values: candidateLength, integers: true }, { values: referenceLength, integers: true });
  for (let order = 0; order < MAXIMUM_ORDER; order++) {
    columns.push({
      values: candidateLength.map((_, image) => matches[MAXIMUM_ORDER * image + order]!),
      integers: true,
    });
  }
  for (let order = 1; order < MAXIMUM_ORDER; order++) {
    columns.push({ values: candidateLength.map((length) => Math.max(0, length - order)), integers: true });
  }
  return columns.slice(first).map((_, index) => first + index);
}

function bleuOfSums(sums: readonly number[], order: number): number {
  const [candidateLength, referenceLength] = sums as [number, number];
  const guesses = [candidateLength, ...sums.slice(2 + MAXIMUM_ORDER)];
  return bleuOfOrder({ candidateLength, referenceLength, guesses, matches: sums.slice(2, 2 + MAXIMUM_ORDER) }, order);
}
