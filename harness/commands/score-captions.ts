/**
 * What `vlm-bench score captions` does: scores a file of captions and prints the result as JSON for programs or as a table for people,
 * and writes the scores of every image on request, as CSV or, with signatures and texts for `gate` and `compare`, as JSON.
 */
import { CAPTION_METRICS, DEFAULT_CAPTION_METRICS } from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { printScores, tellOnce, writeCsv } from '../score/print-scores.js';
import { type RequestedMetric, type ScoredCaptions, scoreCaptionFile } from '../score/score-captions.js';
import { type PairingChoice, pairingOf } from '../systems/scoring-options.js';

export interface CaptionScoreOptions extends PairingChoice {
  readonly references: string;
  readonly predictions: string;
  readonly metrics?: string;
  readonly df?: readonly string[];
  readonly meteorJar?: string;
  readonly perImage?: string;
  readonly resamples: number;
  readonly interval: 'bca' | 'percentile';
  readonly bootstrapSeed: number;
  readonly json?: true;
}

export async function printCaptionScores(options: CaptionScoreOptions): Promise<void> {
  const { references, predictions, df, resamples, interval, bootstrapSeed, perImage, json, meteorJar } = options;
  const scored = await scoreCaptionFile(predictions, {
    references,
    metrics: parseMetrics(options.metrics, meteorJar !== undefined),
    ...pairingOf(options),
    tell: tellOnce(),
    ...(df === undefined ? {} : { df }),
    ...(meteorJar === undefined ? {} : { meteorJar }),
    ...(resamples === 0 ? {} : { bootstrap: { resamples, seed: bootstrapSeed, method: interval } }),
  });
  if (perImage !== undefined) await writeImageScores(perImage, predictions, scored);
  const printed = [...scored.scores].map(([name, score]) => ({ name, ...score }));
  printScores({ images: scored.records.length }, printed, scored.notes, json === true);
}

async function writeImageScores(file: string, predictions: string, scored: ScoredCaptions): Promise<void> {
  if (file.toLowerCase().endsWith('.json')) {
    // Scoring alone starts sooner without what checks and writes documents.
    const { systemOfScoredCaptions } = await import('../systems/from-predictions.js');
    const { writeScoresFile } = await import('../systems/scores-document.js');
    await writeScoresFile(file, systemOfScoredCaptions(predictions, scored));
    return;
  }
  const { records, scores } = scored;
  const columns = [...scores.values()].map(({ perImage }) => perImage);
  const rows = records.map(({ imageId }, image) => [imageId, ...columns.map((values) => String(values[image]))]);
  await writeCsv(file, ['image_id', ...scores.keys()], rows);
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
