/**
 * Scores captions: the one way from captions and references to scores, whatever they were read from and whoever asks (`run`, `score`,
 * `gate`, `compare`). CIDEr's document frequencies are counted on the references, or frozen in a file, and so never depend on the captions.
 */
import {
  type BootstrapOptions,
  type CaptionMetric,
  type CaptionRecord,
  DEFAULT_CAPTION_METRICS,
  loadPorterStemmer,
  type MetricScore,
  scoreCaptions,
} from '../../metrics/index.js';
import { readCaptionRecords } from './captions.js';
import { readDocumentFrequencies } from './document-frequency-file.js';
import type { PairReading } from './rows.js';

export type RequestedMetric = CaptionMetric | 'METEOR';

/** What captions are scored against, and how. */
export interface CaptionScoring {
  readonly references: string;
  readonly split?: string;
  /** A file of frozen document frequencies for CIDEr. */
  readonly df?: string;
  /** In the order in which the scores are wanted; by default CIDEr-D, BLEU and ROUGE-L. */
  readonly metrics?: readonly RequestedMetric[];
  /** meteor-1.5.jar, to compute METEOR with it. */
  readonly meteorJar?: string;
  /** Intervals are left out without it. */
  readonly bootstrap?: BootstrapOptions;
  /** How the files are read. */
  readonly reading?: PairReading;
}

export interface ScoredCaptions {
  readonly records: readonly CaptionRecord[];
  /** In the order of the metrics; scores of images in the order of the records. */
  readonly scores: ReadonlyMap<string, MetricScore>;
  /** Counts that BLEU is recomputed from when images are resampled; absent without BLEU. */
  readonly bleuColumns?: readonly Int32Array[];
  readonly notes: readonly string[];
}

type RecordScoring = Omit<NonNullable<Parameters<typeof scoreCaptions>[1]>, 'metrics'>;

/** @throws MetricError for images that are missing, repeated or without references */
export function scoreCaptionRecords(
  records: readonly CaptionRecord[],
  metrics: readonly CaptionMetric[],
  options: RecordScoring = {},
): ScoredCaptions {
  const { metrics: scores, notes, bleuColumns } = scoreCaptions(records, { ...options, metrics });
  return {
    records,
    scores: new Map(metrics.map((metric) => [metric, scores[metric]!])),
    ...(bleuColumns === undefined ? {} : { bleuColumns }),
    notes,
  };
}

/**
 * @param predictions a file of captions
 * @throws UserError or MetricError for predictions that are missing, surplus, repeated or empty
 */
export async function scoreCaptionFile(predictions: string, scoring: CaptionScoring): Promise<ScoredCaptions> {
  const { references, split, df, metrics = DEFAULT_CAPTION_METRICS, meteorJar, bootstrap, reading } = scoring;
  const records = await readCaptionRecords(references, predictions, split, reading);
  const own = metrics.filter((metric) => metric !== 'METEOR');
  const scored = scoreCaptionRecords(records, own, {
    ...(split === undefined ? {} : { split }),
    ...(df === undefined ? {} : { documentFrequencies: await readDocumentFrequencies(df) }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(own.includes('CIDEr-stemmed') ? { stem: await loadPorterStemmer() } : {}),
  });
  if (own.length === metrics.length) return scored;
  const { scoreMeteorRecords } = await import('./meteor.js');
  const meteor = await scoreMeteorRecords(records, { jar: meteorJar, split, bootstrap });
  const scores = new Map(metrics.map((metric) => [metric, metric === 'METEOR' ? meteor : scored.scores.get(metric)!]));
  return { ...scored, scores };
}
