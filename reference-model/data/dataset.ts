/**
 * What every data set looks like once loaded: images with captions and questions in three splits that share no image.
 * A data set is plain data in a fixed order, so that its fingerprint and every batch drawn from it are reproducible.
 */

export type SplitName = 'train' | 'validation' | 'test';

/** 8-bit RGB pixels in row-major height × width × channel order. */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array; // [height, width, 3]
}

export type AnswerKind = 'yes/no' | 'open';

export interface Question {
  readonly questionId: string;
  readonly question: string;
  readonly answer: string;
  readonly kind: AnswerKind;
  /** What is asked about, for scores by type. Not part of the fingerprint: it follows from the question. */
  readonly questionType?: string;
}

/** One image with all that is said about it. Data sets without captions leave the caption lists empty. */
export interface Sample {
  readonly imageId: string;
  readonly image: RasterImage;
  readonly humanCaptions: readonly string[];
  readonly aiCaptions: readonly string[];
  readonly questions: readonly Question[];
}

export interface DataSet {
  readonly name: string;
  /** SHA-256 over every pixel, caption, question and answer of the three splits, in order. */
  readonly fingerprint: string;
  readonly splits: Readonly<Record<SplitName, readonly Sample[]>>;
}
