/**
 * Scores a file of captions against a file of references and prints the result: JSON for programs, a table for people,
 * and the scores of every image on request, as CSV or, with signatures and texts for `gate` and `compare`, as JSON.
 */
import {
  CAPTION_METRICS,
  type CaptionMetric,
  DEFAULT_CAPTION_METRICS,
  loadPorterStemmer,
  type MetricScore,
  scoreCaptions,
} from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { readCaptionRecords } from './captions.js';
import { readDocumentFrequencies } from './document-frequency-file.js';
import { type PrintedScore, printScores, writeCsv } from './print-scores.js';

export interface CaptionScoreOptions {
  readonly references: string;
  readonly predictions: string;
  readonly metrics?: string;
  readonly split?: string;
  readonly df?: string;
  readonly meteorJar?: string;
  readonly perImage?: string;
  readonly resamples: number;
  readonly interval: 'bca' | 'percentile';
  readonly bootstrapSeed: number;
  readonly json?: true;
}

type RequestedMetric = CaptionMetric | 'METEOR';

export async function scoreCaptionFiles(options: CaptionScoreOptions): Promise<void> {
  const { references, predictions, split, df, resamples, interval, bootstrapSeed, perImage, json, meteorJar } = options;
  const requested = parseMetrics(options.metrics, meteorJar !== undefined);
  const records = await readCaptionRecords(references, predictions, split);
  const own = requested.filter((metric) => metric !== 'METEOR');
  const bootstrap = resamples === 0 ? undefined : { resamples, seed: bootstrapSeed, method: interval };
  const { images, metrics, notes, imageIds, bleuColumns } = scoreCaptions(records, {
    metrics: own,
    ...(split === undefined ? {} : { split }),
    ...(df === undefined ? {} : { documentFrequencies: await readDocumentFrequencies(df) }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(own.includes('CIDEr-stemmed') ? { stem: await loadPorterStemmer() } : {}),
  });
  const scores = new Map<string, MetricScore>();
  for (const metric of requested) {
    if (metric !== 'METEOR') scores.set(metric, metrics[metric]!);
    else {
      const { scoreMeteorRecords } = await import('./meteor.js');
      scores.set(metric, await scoreMeteorRecords(records, { jar: meteorJar, split, bootstrap }));
    }
  }
  if (perImage?.toLowerCase().endsWith('.json')) {
    const { systemOfScoredCaptions } = await import('../systems/from-predictions.js');
    const { writeScoresFile } = await import('../systems/scores-document.js');
    await writeScoresFile(perImage, systemOfScoredCaptions(predictions, records, scores, bleuColumns));
  } else if (perImage !== undefined) {
    const columns = [...scores.values()].map((score) => score.perImage);
    const rows = imageIds.map((imageId, image) => [imageId, ...columns.map((values) => String(values[image]))]);
    await writeCsv(perImage, ['image_id', ...scores.keys()], rows);
  }
  const printed = [...scores].map(([name, score]): PrintedScore => ({ name, ...score }));
  printScores({ images }, printed, notes, json === true);
}

/** Names of metrics, `BLEU` standing for its four orders, in the order asked for. */
function parseMetrics(list: string | undefined, hasJar: boolean): RequestedMetric[] {
  if (list === undefined) return hasJar ? [...DEFAULT_CAPTION_METRICS, 'METEOR'] : [...DEFAULT_CAPTION_METRICS];
  const known = new Map<string, readonly RequestedMetric[]>([
    ...CAPTION_METRICS.map((metric): [string, RequestedMetric[]] => [metric.toLowerCase(), [metric]]),
    ['bleu', ['BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4']],
    ['meteor', ['METEOR']],
  ]);
  const metrics = new Set<RequestedMetric>();
  for (const name of list.split(',')) {
    const found = known.get(name.trim().toLowerCase());
    if (found === undefined) {
      throw new UserError({
        code: 'score-invalid',
        what: `there is no caption metric ${JSON.stringify(name.trim())}`,
        where: '--metrics',
        expected: `${CAPTION_METRICS.join(', ')}, BLEU or METEOR`,
        fix: 'name one of these',
      });
    }
    for (const metric of found) metrics.add(metric);
  }
  return [...metrics];
}
