/**
 * Two systems of several records each (retrained with several seeds), on the same images: a difference that speaks about other seeds
 * and other images alike. A handful of seeds is not bootstrapped. The error is split into what seeds add, with the wide t quantile of
 * few degrees of freedom, and what images add, and the two half widths are added as squares (the "method of variance estimates
 * recovery", Zou and Donner 2008, Statistics in Medicine 27):
 *
 *   half width² = t²(seeds) × V_seeds + t²(images) × max(0, V_images − V_both)
 *
 * V_seeds: variance of the seeds' scores ÷ seeds. V_images: variance of the images' contributions, averaged over seeds, ÷ images. Each
 * holds the part that image and seed make up together, V_both, so it is taken out of one of them.
 */
import { type ImageColumns, type ImageDifference, pairedDifferences, type ScoreOfSums } from './paired-images.js';
import { studentTQuantile } from './student-t.js';

export interface ScoredRecord {
  readonly seed?: number;
  readonly columns: ImageColumns;
}

export interface SystemComparison {
  readonly candidate: readonly ScoredRecord[];
  readonly baseline: readonly ScoredRecord[];
  readonly score: ScoreOfSums;
}

export interface SystemDifference extends ImageDifference {
  /** What was resampled or taken as the unit: one record a side, seeds in pairs, or seeds that have no partner. */
  readonly unit: 'images' | 'images and paired seeds' | 'images and seeds';
  /** Records of the candidate and of the baseline. */
  readonly records: readonly [candidate: number, baseline: number];
}

export interface SystemOptions {
  readonly resamples?: number;
  readonly level?: number;
  readonly seed?: number;
}

/**
 * One difference per comparison. With one record a side the images are the unit (`pairedDifferences`); p is that of the sign-flip test
 * then, and otherwise the level at which the interval ends at 0.
 *
 * @throws RangeError for no records, fewer than two images, or columns of different length
 */
export function systemDifferences(
  comparisons: readonly SystemComparison[],
  { level = 0.95, ...options }: SystemOptions = {},
): readonly SystemDifference[] {
  const single = comparisons.filter(isSingle);
  const imageDifferences = [...groupBy(single, imagesOf).values()].flatMap((group) => {
    const pairs = group.map(({ candidate, baseline, score }) => ({
      candidate: candidate[0]!.columns,
      baseline: baseline[0]!.columns,
      score,
    }));
    const differences = pairedDifferences(pairs, { level, ...options });
    return group.map((comparison, index) => [comparison, differences[index]!] as const);
  });
  const known = new Map(imageDifferences);
  return comparisons.map((comparison) => {
    const { candidate, baseline } = comparison;
    const records = [candidate.length, baseline.length] as const;
    const difference = known.get(comparison);
    return difference === undefined
      ? { ...overSeedsAndImages(comparison, level), records }
      : { ...difference, unit: 'images', records };
  });
}

function isSingle({ candidate, baseline }: SystemComparison): boolean {
  if (candidate.length === 0 || baseline.length === 0) throw new RangeError('a system without records has no score');
  return candidate.length === 1 && baseline.length === 1;
}

function imagesOf({ candidate }: SystemComparison): number {
  return candidate[0]!.columns[0]?.length ?? 0;
}

function groupBy<T>(items: readonly T[], key: (item: T) => number): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

type Spread = Omit<SystemDifference, 'records'>;

function overSeedsAndImages({ candidate, baseline, score }: SystemComparison, level: number): Spread {
  const ours = candidate.map(({ columns }) => contributionsOf(columns, score));
  const theirs = inOrderOf(candidate, baseline).map(({ columns }) => contributionsOf(columns, score));
  const paired = sameSeeds(candidate, baseline);
  const images = ours[0]!.perImage.length;
  if (images < 2 || [...ours, ...theirs].some(({ perImage }) => perImage.length !== images)) {
    throw new RangeError('systems are compared on at least 2 images that all their records have');
  }
  const difference = meanOf(ours.map(({ value }) => value)) - meanOf(theirs.map(({ value }) => value));
  const ourMean = meanContributions(ours);
  const theirMean = meanContributions(theirs);
  const imageVariance = squares(ourMean.map((value, image) => value - theirMean[image]!)) / (images * (images - 1));
  const parts = paired ? pairedParts(ours, theirs) : independentParts(ours, theirs);
  const imagesOnly = Math.max(0, imageVariance - parts.bothVariance);
  const halfWidth = (probability: number) =>
    Math.sqrt(
      studentTQuantile(probability, parts.degreesOfFreedom) ** 2 * parts.seedVariance +
        studentTQuantile(probability, images - 1) ** 2 * imagesOnly,
    );
  const half = halfWidth((1 + level) / 2);
  return {
    difference,
    low: difference - half,
    high: difference + half,
    level,
    p: levelReaching(Math.abs(difference), halfWidth),
    images,
    unit: paired ? 'images and paired seeds' : 'images and seeds',
  };
}

interface Parts {
  readonly seedVariance: number;
  readonly degreesOfFreedom: number;
  readonly bothVariance: number;
}

function pairedParts(ours: readonly Contributions[], theirs: readonly Contributions[]): Parts {
  const pairs = ours.map(({ value, perImage }, index) => ({
    value: value - theirs[index]!.value,
    perImage: perImage.map((contribution, image) => contribution - theirs[index]!.perImage[image]!),
  }));
  const count = pairs.length;
  return {
    seedVariance: varianceOf(pairs) / count,
    degreesOfFreedom: count - 1,
    bothVariance: residualVariance(pairs) / count,
  };
}

/** Seeds of both sides are taken to vary alike, so that a side with one record borrows the spread of the other. */
function independentParts(ours: readonly Contributions[], theirs: readonly Contributions[]): Parts {
  const degreesOfFreedom = ours.length + theirs.length - 2;
  const weight = 1 / ours.length + 1 / theirs.length;
  const pooled = (variance: (side: readonly Contributions[]) => number) =>
    [ours, theirs].reduce((sum, side) => sum + (side.length > 1 ? (side.length - 1) * variance(side) : 0), 0) /
    degreesOfFreedom;
  return {
    seedVariance: pooled(varianceOf) * weight,
    degreesOfFreedom,
    bothVariance: pooled(residualVariance) * weight,
  };
}

/** The score of one record, and what each image adds to it: (images − 1) × (score − score without the image), which sums to about 0. */
interface Contributions {
  readonly value: number;
  readonly perImage: Float64Array;
}

function contributionsOf(columns: ImageColumns, score: ScoreOfSums): Contributions {
  const images = columns[0]?.length ?? 0;
  const sums = columns.map((values) => values.reduce((sum, value) => sum + value, 0));
  const value = score(sums, images);
  const perImage = new Float64Array(images);
  for (let image = 0; image < images; image++) {
    const without = score(
      sums.map((sum, column) => sum - columns[column]![image]!),
      images - 1,
    );
    perImage[image] = (images - 1) * (value - without);
  }
  const centre = meanOf(perImage);
  return { value, perImage: perImage.map((contribution) => contribution - centre) };
}

function meanContributions(records: readonly Contributions[]): Float64Array {
  return records[0]!.perImage.map((_, image) => meanOf(records.map(({ perImage }) => perImage[image]!)));
}

function varianceOf(records: readonly Contributions[]): number {
  const values = records.map(({ value }) => value);
  const centre = meanOf(values);
  return squares(values.map((value) => value - centre)) / (values.length - 1);
}

/** Variance of one record's score from what image and seed make up together: residuals of contributions from their mean over seeds. */
function residualVariance(records: readonly Contributions[]): number {
  const centre = meanContributions(records);
  const images = centre.length;
  const sum = records.reduce(
    (total, { perImage }) => total + squares(perImage.map((contribution, image) => contribution - centre[image]!)),
    0,
  );
  return sum / ((records.length - 1) * (images - 1)) / images;
}

function sameSeeds(ours: readonly ScoredRecord[], theirs: readonly ScoredRecord[]): boolean {
  const seeds = new Set(ours.map(({ seed }) => seed));
  return (
    ours.length === theirs.length &&
    seeds.size === ours.length &&
    !seeds.has(undefined) &&
    theirs.every(({ seed }) => seeds.has(seed)) &&
    new Set(theirs.map(({ seed }) => seed)).size === theirs.length
  );
}

/** The second side's records in the order of the first side's seeds, where they have the same. */
function inOrderOf(ours: readonly ScoredRecord[], theirs: readonly ScoredRecord[]): readonly ScoredRecord[] {
  return sameSeeds(ours, theirs) ? ours.map(({ seed }) => theirs.find((record) => record.seed === seed)!) : theirs;
}

/** The two-sided level at which the half width is the distance; 1 without any spread, from which nothing can be concluded. */
function levelReaching(distance: number, halfWidth: (probability: number) => number): number {
  if (distance === 0 || halfWidth(0.975) === 0) return 1;
  let low = 0;
  let high = 1;
  for (let halving = 0; halving < 36; halving++) {
    const middle = (low + high) / 2;
    if (halfWidth(1 - middle / 2) > distance) low = middle;
    else high = middle;
  }
  return high;
}

function squares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]! * values[index]!;
  return sum;
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}
