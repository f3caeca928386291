/**
 * What every data set looks like once loaded: images with captions and questions in splits that share no image.
 * A data set is plain data in a fixed order, so that its fingerprint and every batch drawn from it are reproducible.
 */
import type { ImageSupply } from './images/image-supply.js';
import type { RasterImage } from './raster-image.js';

export type { RasterImage } from './raster-image.js';

export type SplitName = 'train' | 'validation' | 'test';

/** Held-out data that losses are followed on during training; `probe` is for curves that a verdict is read from. */
export type CurveSplit = 'validation' | 'probe';

/** No two splits share an image. */
export type Splits<Described extends DescribedImage = Sample> = Readonly<Record<SplitName, readonly Described[]>> & {
  readonly probe?: readonly Described[];
};

/** Everything that questions of these data sets are about. */
export const QUESTION_TYPES = [
  'existence',
  'relation',
  'place',
  'color',
  'shape',
  'size',
  'count',
  'object',
  'presence',
  'structure',
  'stain',
  'cellularity',
  'location',
] as const;

export type AnswerKind = 'yes/no' | 'open';

export interface Question {
  readonly questionId: string;
  readonly question: string;
  readonly answer: string;
  readonly kind: AnswerKind;
  /** What is asked about, for scores by type. Not part of the fingerprint: it follows from the question. */
  readonly questionType?: string;
}

/** All that is said about one image. Data sets without captions leave the caption lists empty. */
export interface DescribedImage {
  readonly imageId: string;
  readonly humanCaptions: readonly string[];
  readonly aiCaptions: readonly string[];
  readonly questions: readonly Question[];
  /** What each cell of a grid over the image shows, row by row, where that is known: words that are single tokens. */
  readonly words?: CellWords;
}

/** The same with its pixels in memory. */
export interface Sample extends DescribedImage {
  readonly image: RasterImage;
}

/** [rows][columns][words] */
export type CellWords = readonly (readonly (readonly string[])[])[];

export interface DataSet<Described extends DescribedImage = DescribedImage> {
  readonly name: string;
  /**
   * Of what is held in memory: SHA-256 over every pixel, caption, question, answer and word of all splits, in order. Of what is read from
   * files: as `DataSource.fingerprint` says.
   */
  readonly fingerprint: string;
  readonly splits: Splits<Described>;
  /** Where pixels come from that no sample holds; absent where every one of them is a `Sample`. */
  readonly images?: ImageSupply;
}
