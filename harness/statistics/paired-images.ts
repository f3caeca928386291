/**
 * Two systems on the same images, the image being the unit: the difference of their scores, its paired bootstrap interval, and a
 * sign-flip test that exchanges the two systems image by image. Scores are functions of sums over images (a mean; accuracy as correct
 * answers over questions; BLEU from its counts), so questions of one image always stay together.
 *
 * The interval is BCa at a level widened by √(n ÷ (n − 1)) × t ÷ z, which makes up for the bootstrap's variance having n in its
 * denominator (Hesterberg 2015, "What teachers should know about the bootstrap", The American Statistician 69); see the README for
 * the simulated coverage that decided for it.
 */
import { bootstrapStatistics } from '../../metrics/bootstrap/bootstrap-statistic.js';
import type { Column } from '../../metrics/bootstrap/resampled-sums.js';
import { normalDistribution } from '../../metrics/numerics/normal-distribution.js';
import { flippedSums } from './flipped-sums.js';
import { studentTQuantile } from './student-t.js';

/** What the score needs of each image, for one record: [columns][images]. */
export type ImageColumns = readonly Float64Array[];

/** The score from the columns' sums over that many images. */
export type ScoreOfSums = (sums: readonly number[], images: number) => number;

export interface ImageComparison {
  readonly candidate: ImageColumns;
  readonly baseline: ImageColumns;
  readonly score: ScoreOfSums;
}

export interface ImageDifference {
  /** Candidate − baseline. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /** Two-sided, of the sign-flip test. */
  readonly p: number;
  readonly images: number;
}

export interface ImageOptions {
  /** Resamples of the interval, and sign patterns of the test. */
  readonly resamples?: number;
  readonly level?: number;
  readonly seed?: number;
}

const meanOfSums: ScoreOfSums = ([sum], images) => sum! / images;

/** Two systems whose score is the mean of per-image scores. @throws RangeError as `pairedDifferences` */
export function pairedImageDifference(
  candidate: Float64Array,
  baseline: Float64Array,
  options: ImageOptions = {},
): ImageDifference {
  return pairedDifferences([{ candidate: [candidate], baseline: [baseline], score: meanOfSums }], options)[0]!;
}

/**
 * Several comparisons over equally many images; they share the resamples and the sign patterns, and equal columns are resampled once.
 *
 * @throws RangeError for fewer than two images, or columns of different length
 */
export function pairedDifferences(
  comparisons: readonly ImageComparison[],
  { resamples = 10_000, level = 0.95, seed = 1 }: ImageOptions = {},
): readonly ImageDifference[] {
  if (comparisons.length === 0) return [];
  const images = imagesOf(comparisons);
  const shared = new SharedColumns();
  const statistics = comparisons.map(({ candidate, baseline, score }) => {
    const width = candidate.length;
    return {
      columns: [...candidate, ...baseline].map((values) => shared.indexOf(values)),
      compute: (sums: readonly number[], count: number) =>
        score(sums.slice(0, width), count) - score(sums.slice(width), count),
    };
  });
  const intervals = bootstrapStatistics(shared.columns, images, statistics, {
    resamples,
    seed,
    level: widened(level, images),
  });
  const pValues = exchangeTests(comparisons, { permutations: resamples, seed });
  return comparisons.map(({ candidate, baseline, score }, index) => {
    const difference = score(candidate.map(sumOf), images) - score(baseline.map(sumOf), images);
    const [low, high] = intervals[index]!;
    // BCa may, for a few extreme images, leave out the estimate itself.
    return {
      difference,
      low: Math.min(low, difference),
      high: Math.max(high, difference),
      level,
      p: pValues[index]!,
      images,
    };
  });
}

function imagesOf(comparisons: readonly ImageComparison[]): number {
  const columns = comparisons.flatMap(({ candidate, baseline }) => [...candidate, ...baseline]);
  const images = columns[0]?.length ?? 0;
  if (images < 2 || columns.some(({ length }) => length !== images)) {
    throw new RangeError(
      `systems are compared on at least 2 images that all have, not on ${columns.map(({ length }) => length)}`,
    );
  }
  return images;
}

function widened(level: number, images: number): number {
  const z = Math.sqrt(images / (images - 1)) * studentTQuantile((1 + level) / 2, images - 1);
  return 1 - 2 * normalDistribution(-z);
}

/**
 * p of each comparison: share of random exchanges between the two systems, image by image, whose scores differ at least as much as
 * the observed ones; the observed one counts as one of them.
 */
function exchangeTests(
  comparisons: readonly ImageComparison[],
  { permutations, seed }: { readonly permutations: number; readonly seed: number },
): readonly number[] {
  const changes = new SharedColumns();
  const places = comparisons.map(({ candidate, baseline }) =>
    candidate.map((values, column) => changes.indexOf(values.map((value, image) => value - baseline[column]![image]!))),
  );
  const moved = flippedSums(changes.values, permutations, seed);
  return comparisons.map(({ candidate, baseline, score }, index) => {
    const images = candidate[0]!.length;
    const movedHere = places[index]!.map((place) => moved[place]!);
    const [ours, theirs] = [candidate.map(sumOf), baseline.map(sumOf)];
    const [ourScore, theirScore] = [score(ours, images), score(theirs, images)];
    // Scores that are equal on paper may differ by rounding.
    const threshold = Math.abs(ourScore - theirScore) - 1e-12 * (Math.abs(ourScore) + Math.abs(theirScore));
    let extreme = 0;
    for (let permutation = 0; permutation < permutations; permutation++) {
      const exchanged = movedHere.map((sums) => sums[permutation]!);
      const difference =
        score(
          ours.map((sum, column) => sum - exchanged[column]!),
          images,
        ) -
        score(
          theirs.map((sum, column) => sum + exchanged[column]!),
          images,
        );
      if (Math.abs(difference) >= threshold) extreme++;
    }
    return (1 + extreme) / (1 + permutations);
  });
}

/** Each column once: the counts behind BLEU-1 to BLEU-4 are the same, and a system takes part in many comparisons. */
class SharedColumns {
  readonly values: Float64Array[] = [];

  indexOf(values: Float64Array): number {
    const found = this.values.findIndex(
      (other) => other === values || other.every((value, image) => value === values[image]),
    );
    return found >= 0 ? found : this.values.push(values) - 1;
  }

  get columns(): readonly Column[] {
    return this.values.map((values) => ({
      values,
      integers: values.every((value) => value >= 0 && Number.isInteger(value)),
    }));
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
