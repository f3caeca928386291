/**
 * What a comparison's page and `comparison.json` hold: systems that were scored on the same images, per metric their ranking, every pair
 * with its statistics, and for the first metric the scores of each image and the images that moved most. Plain data; numbers are finite.
 */
import type { PublishedTableView } from '../finding-report-view.js';

export const COMPARISON_FORMAT = 'vlm-bench comparison 1';

export interface ComparisonView {
  readonly format: typeof COMPARISON_FORMAT;
  /** In the order of the command line; differences of images are taken against the first. */
  readonly systems: readonly ComparedSystemView[];
  /** At least one; the first is the one that scatter, movers and scores of images are about. */
  readonly metrics: readonly ComparedMetricView[];
  /** Metrics that only some systems have, and that are therefore not compared. */
  readonly leftOut: readonly { readonly metric: string; readonly systems: readonly string[] }[];
  /** Scores of each image on the first metric, averaged over the records of a system, rounded to six decimals. */
  readonly imageScores: {
    readonly imageIds: readonly string[];
    /** One list per system, in the order of `systems`. */
    readonly scores: readonly (readonly number[])[];
  };
  readonly movers: readonly MoversView[];
  /** Shown apart; they have no scores of images and take part in no test. */
  readonly published: readonly PublishedTableView[];
  readonly statistics: {
    readonly alpha: number;
    /** Of every interval. */
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
    /** One sentence for each method that was used. */
    readonly notes: readonly { readonly name: string; readonly sentence: string }[];
  };
}

export interface ComparedSystemView {
  /** `s1`, `s2` …: what the other parts of the view refer to. */
  readonly id: string;
  readonly label: string;
  readonly kind: 'records' | 'predictions' | 'scores';
  /** Number of records: retrained seeds, or 1. */
  readonly records: number;
  readonly seeds: readonly number[];
  /** Last names of the paths that it was read from. */
  readonly sources: readonly string[];
  readonly runIds: readonly string[];
  readonly commit?: string;
}

export interface ComparedMetricView {
  /** As `--metric` takes it. */
  readonly name: string;
  /** For readers, where it is not the name. */
  readonly label?: string;
  readonly signature: string;
  readonly higherIsBetter: boolean;
  readonly images: number;
  /** Best first. */
  readonly ranking: readonly RankedSystemView[];
  /** Every pair, in the order of the ranking. */
  readonly pairs: readonly PairView[];
  /** Systems that no test tells apart, best first; a system may be in several. */
  readonly tieGroups: readonly (readonly string[])[];
  readonly breakdowns: readonly BreakdownView[];
}

/** What readers are told that a metric is. */
export function shownMetric({ name, label = name }: Pick<ComparedMetricView, 'name' | 'label'>): string {
  return label;
}

export interface RankedSystemView {
  readonly system: string;
  /** Mean over the records. */
  readonly score: number;
  /** Over images; of a system with one record. */
  readonly interval?: { readonly low: number; readonly high: number };
  /** Score of each record. */
  readonly recordScores: readonly number[];
  /** Letters of its tie groups. */
  readonly letters: string;
}

export interface PairView {
  /** Ranks above `second`. */
  readonly first: string;
  readonly second: string;
  /** First − second. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  /** After Holm's correction over all pairs of the metric. */
  readonly adjustedP: number;
  readonly significant: boolean;
  /** What was the unit of the test. */
  readonly unit: 'images' | 'images and paired seeds' | 'images and seeds';
  /** Images on which the first is better, equal, and worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

/** Scores on parts of the images or questions: they describe, and are not tested. */
export interface BreakdownView {
  readonly by: 'caption length' | 'question kind' | 'question type';
  /** What the parts are, as one sentence. */
  readonly note: string;
  readonly parts: readonly {
    readonly label: string;
    readonly images: number;
    /** Of questions. */
    readonly questions?: number;
    /** One per system, in the order of `systems`. */
    readonly cells: readonly {
      readonly score: number;
      /** System − first system; absent for the first. */
      readonly difference?: { readonly value: number; readonly low?: number; readonly high?: number };
    }[];
  }[];
}

/** Images on which a system gained or lost most against the first system. */
export interface MoversView {
  readonly system: string;
  readonly against: string;
  readonly gains: readonly MovedImageView[];
  readonly losses: readonly MovedImageView[];
}

export interface MovedImageView {
  readonly imageId: string;
  /** PNG as a data: URL; empty where the image is not known. */
  readonly picture: string;
  /** Of the first system, and of the system. */
  readonly before: number;
  readonly after: number;
  readonly texts: readonly {
    readonly prompt: string;
    readonly references: readonly string[];
    /** Empty lists where the source keeps no texts; one text per record. */
    readonly before: readonly string[];
    readonly after: readonly string[];
  }[];
}
