/** The parts of a report's view model that are about learning: what was learned, from what, how fast, and how the losses fell. */

/** An attribute of captioned objects, or a type of question. */
export interface LearntPartView {
  readonly part: string;
  readonly kind: 'attribute' | 'question type';
  /** What guessing gets, 0 to 1. */
  readonly chance: number;
  /** Shares that are right over the runs of each arm, and how many of them learned the part. */
  readonly arms: readonly {
    readonly arm: string;
    readonly mean: number;
    readonly least: number;
    readonly learned: number;
    readonly runs: number;
  }[];
}

/** What captions are held against, and how much higher they score: a paired interval over the images. */
export interface HeldAgainstView {
  readonly score: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Level of the interval, for example 0.95. */
  readonly level: number;
}

/** The captions of one run, in one style. */
export interface CaptionBaselineView {
  readonly arm: string;
  readonly seed: number;
  /** Which captions, as readers know them. */
  readonly captions: string;
  readonly images: number;
  readonly score: number;
  readonly constantCaption: string;
  readonly constant: HeldAgainstView;
  /** The run's own captions, each given to another image. */
  readonly exchanged: HeldAgainstView;
}

export interface ConvergenceView {
  readonly arm: string;
  readonly seed: number;
  /** Share of the arm's own total reduction in validation loss reached: 0 at the start, 1 at the end. */
  readonly points: readonly { readonly step: number; readonly tokens: number; readonly reached: number }[];
  /** Share that counts as converged, for example 0.9. */
  readonly threshold: number;
  readonly stepsToThreshold: number;
  readonly tokensToThreshold: number;
}

export interface TextStatisticsView {
  readonly label: string;
  readonly texts: number;
  readonly words: number;
  readonly wordsPerText: number;
  readonly distinctWords: number;
  /** Distinct words ÷ words in the first 10,000 words, so that the lengths of the corpora do not decide. */
  readonly typeTokenRatio: number;
  /** Shannon entropy per word in bits: of words, of words given one before, of words given two before. */
  readonly wordEntropy: number;
  readonly bigramEntropy: number;
  readonly trigramEntropy: number;
  readonly distinctTexts: number;
}

export interface LossCurveView {
  readonly arm: string;
  readonly seed: number;
  readonly kind: 'training' | 'validation';
  /** For validation: which source. */
  readonly source?: string;
  readonly points: readonly { readonly step: number; readonly loss: number }[];
  /** Stage boundaries, in steps. */
  readonly stages: readonly { readonly name: string; readonly from: number; readonly to: number }[];
}
