/**
 * What `gate` and `compare` know of a system: its scores on images, per metric and per record (one checkpoint, or one seed of a
 * retrained model), with the texts behind them. A score is always a function of sums over images, so that images can be resampled.
 */
import { bleuOfOrder } from '../../metrics/index.js';
import type { SplitName } from '../../reference-model/data/dataset.js';

/**
 * How a score follows from the sums of a metric's columns over the images:
 * `mean` value · `ratio` sum and count (questions of an image) · BLEU from
 * [words, reference words, clipped matches of order 1–4, guesses of order 2–4].
 */
export type Aggregation = 'mean' | 'ratio' | 'BLEU-1' | 'BLEU-2' | 'BLEU-3' | 'BLEU-4';

/** The scores of one record. */
export interface Replicate {
  /** Seed of its training, where the record says it. */
  readonly seed?: number;
  /** Score over all images. */
  readonly score: number;
  /** Score of each image alone, in the order of the metric's `imageIds`; its mean is the score where the aggregation is `mean`. */
  readonly perImage: Float64Array;
  /** Sufficient statistics: [columns][images]. */
  readonly columns: readonly Float64Array[];
}

export interface SystemMetric {
  readonly name: string;
  readonly signature: string;
  readonly higherIsBetter: boolean;
  readonly aggregation: Aggregation;
  /** The group of items whose texts the metric judges. */
  readonly group: string;
  /** Sorted by code units, so that equal sets are equal lists. */
  readonly imageIds: readonly string[];
  /** One per record of the system. */
  readonly replicates: readonly Replicate[];
}

/** One thing that the system said: a caption of an image, or an answer to a question about it. */
export interface SystemItem {
  /** `captions`, the style of captions, or `answers`. */
  readonly group: string;
  readonly imageId: string;
  /** Of an answer. */
  readonly questionId?: string;
  /** The question, or the prompt of a caption. */
  readonly prompt?: string;
  readonly kind?: 'yes/no' | 'closed' | 'open';
  readonly questionType?: string;
  /** Empty where the source does not say. */
  readonly references: readonly string[];
  /** One per record. */
  readonly texts: readonly string[];
  /** Of an answer: how right it is, 0–1, one per record. */
  readonly scores?: readonly number[];
}

export interface SystemOrigin {
  readonly kind: 'records' | 'predictions' | 'scores';
  /** As the user named them. */
  readonly paths: readonly string[];
  /** Runs of the records. */
  readonly runIds?: readonly string[];
  /** Of one run: hash of its configuration without the seed. */
  readonly recipe?: string;
  /** Commit of the code that made it, where it is known. */
  readonly commit?: string;
}

/** Where pictures of the images are kept, if anywhere. */
export interface ImageStore {
  readonly store: string;
  readonly dataFingerprint: string;
  readonly split: SplitName;
}

export interface System {
  readonly label: string;
  readonly origin: SystemOrigin;
  /** Number of records. */
  readonly records: number;
  readonly metrics: readonly SystemMetric[];
  /** Sorted by group, image and question. */
  readonly items: readonly SystemItem[];
  readonly imageStore?: ImageStore;
}

/** The score that sums over `images` images come to. */
export function scoreOfSums(aggregation: Aggregation, sums: ArrayLike<number>, images: number): number {
  switch (aggregation) {
    case 'mean':
      return sums[0]! / images;
    case 'ratio':
      return sums[0]! / sums[1]!;
    case 'BLEU-1':
    case 'BLEU-2':
    case 'BLEU-3':
    case 'BLEU-4': {
      const counts = {
        candidateLength: sums[0]!,
        referenceLength: sums[1]!,
        matches: [sums[2]!, sums[3]!, sums[4]!, sums[5]!],
        guesses: [sums[0]!, sums[6]!, sums[7]!, sums[8]!],
      };
      return bleuOfOrder(counts, Number(aggregation.slice(-1)));
    }
    default:
      return aggregation satisfies never;
  }
}

export interface MetricInput extends Omit<SystemMetric, 'imageIds' | 'replicates'> {
  readonly imageIds: readonly string[];
  readonly replicates: readonly {
    readonly seed?: number | undefined;
    /** As `Replicate.columns`, in the order of `imageIds`; of BLEU without the guesses. */
    readonly columns: readonly ArrayLike<number>[];
  }[];
}

/** A metric with its images sorted and its scores computed from the columns. */
export function systemMetric({ imageIds, replicates, ...metric }: MetricInput): SystemMetric {
  const order = imageIds.map((_, index) => index).sort((a, b) => (imageIds[a]! < imageIds[b]! ? -1 : 1));
  return {
    ...metric,
    imageIds: order.map((index) => imageIds[index]!),
    replicates: replicates.map(({ seed, columns: given }) => {
      const sorted = given.map((values) => Float64Array.from(order, (index) => values[index]!));
      const columns = metric.aggregation.startsWith('BLEU-') ? withGuesses(sorted) : sorted;
      const sums = new Float64Array(columns.length);
      const perImage = Float64Array.from(imageIds, (_, image) => {
        columns.forEach((values, column) => {
          sums[column] = values[image]!;
        });
        return scoreOfSums(metric.aggregation, sums, 1);
      });
      return {
        ...(seed === undefined ? {} : { seed }),
        score: scoreOfSums(metric.aggregation, columns.map(sumOf), imageIds.length),
        perImage,
        columns,
      };
    }),
  };
}

/** A candidate of n words holds n − 1 pairs, n − 2 triples and n − 3 quadruples of words. */
function withGuesses(columns: readonly Float64Array[]): Float64Array[] {
  const [words] = columns;
  return [...columns, ...[1, 2, 3].map((fewer) => words!.map((count) => Math.max(0, count - fewer)))];
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Items in one order, whatever order they were read in. */
export function sortItems(items: readonly SystemItem[]): readonly SystemItem[] {
  return [...items].sort(
    (left, right) =>
      byCodeUnits(left.group, right.group) ||
      byCodeUnits(left.imageId, right.imageId) ||
      byCodeUnits(left.questionId ?? '', right.questionId ?? ''),
  );
}

function byCodeUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
