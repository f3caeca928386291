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
  ptbTokeniser,
  scoreCaptions,
  stemmedTokeniserId,
} from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { readDocumentFrequencies } from './document-frequency-file.js';
import { type PairingOptions, pairCaptions } from './pair-captions.js';

export type RequestedMetric = CaptionMetric | 'METEOR';

/** What captions are scored against, and how. */
export interface CaptionScoring extends PairingOptions {
  readonly references: string;
  /** Files of frozen document frequencies for CIDEr, one of words and, for CIDEr-stemmed, one of stemmed words. */
  readonly df?: readonly string[] | undefined;
  /** In the order in which the scores are wanted; by default CIDEr-D, BLEU and ROUGE-L. */
  readonly metrics?: readonly RequestedMetric[];
  /** meteor-1.5.jar, to compute METEOR with it. */
  readonly meteorJar?: string;
  /** Intervals are left out without it. */
  readonly bootstrap?: BootstrapOptions;
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
  const { references, df = [], metrics = DEFAULT_CAPTION_METRICS, meteorJar, bootstrap, ...pairing } = scoring;
  const { split } = pairing;
  const { records, subset, notes } = await pairCaptions(references, predictions, pairing);
  const own = metrics.filter((metric) => metric !== 'METEOR');
  const scored = scoreCaptionRecords(records, own, {
    ...(split === undefined ? {} : { split }),
    ...(subset === undefined ? {} : { subset }),
    ...(await frozenFrequencies(df, own)),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(own.includes('CIDEr-stemmed') ? { stem: await loadPorterStemmer() } : {}),
  });
  const told = { ...scored, notes: [...notes, ...scored.notes] };
  if (own.length === metrics.length) return told;
  const { scoreMeteorRecords } = await import('./meteor.js');
  const meteor = await scoreMeteorRecords(records, { jar: meteorJar, split, subset, bootstrap });
  const scores = new Map(metrics.map((metric) => [metric, metric === 'METEOR' ? meteor : scored.scores.get(metric)!]));
  return { ...told, scores };
}

/** What the files of document frequencies are for; each kind of CIDEr that is asked for needs its own. */
async function frozenFrequencies(
  files: readonly string[],
  metrics: readonly CaptionMetric[],
): Promise<Pick<RecordScoring, 'documentFrequencies' | 'stemmedDocumentFrequencies'>> {
  if (files.length === 0) return {};
  const isStemmed = (tokeniser: string): boolean => tokeniser === stemmedTokeniserId(ptbTokeniser);
  const read = [];
  for (const file of files) read.push({ file, frequencies: await readDocumentFrequencies(file) });
  const plain = read.filter(({ frequencies }) => !isStemmed(frequencies.tokeniser));
  const stemmed = read.filter(({ frequencies }) => isStemmed(frequencies.tokeniser));
  const twice = [plain, stemmed].find(({ length }) => length > 1);
  const lacks =
    stemmed.length === 0 && metrics.includes('CIDEr-stemmed')
      ? {
          metric: 'CIDEr-stemmed',
          words: 'words',
          fix: 'count them with `vlm-bench score df --stem`, and add that file with another --df',
        }
      : plain.length === 0 && (metrics.includes('CIDEr-D') || metrics.includes('CIDEr'))
        ? {
            metric: 'CIDEr',
            words: 'stemmed words',
            fix: 'count them with `vlm-bench score df`, and add that file with another --df',
          }
        : undefined;
  if (twice !== undefined) {
    throw new UserError({
      code: 'usage',
      what: 'two files hold document frequencies of the same kind of words',
      where: twice.map(({ file }) => file).join(', '),
      expected: 'one file of words and one of stemmed words',
      fix: 'leave one of them out',
    });
  }
  if (lacks !== undefined) {
    throw new UserError({
      code: 'usage',
      what: `the document frequencies are of ${lacks.words}, which ${lacks.metric} cannot use`,
      where: files.join(', '),
      expected: `frequencies for ${lacks.metric} too`,
      fix: lacks.fix,
    });
  }
  return {
    ...(plain.length === 0 ? {} : { documentFrequencies: plain[0]!.frequencies }),
    ...(stemmed.length === 0 ? {} : { stemmedDocumentFrequencies: stemmed[0]!.frequencies }),
  };
}
