/**
 * The caption metrics' front door: records in, corpus and per-image scores with signatures and intervals out.
 * Tokenises once, counts once, and derives CIDEr-D, CIDEr, BLEU-1…4 and ROUGE-L from the same integers.
 */
import type { BootstrapOptions, Interval } from '../bootstrap/interval.js';
import { MetricError } from '../errors.js';
import { formatSignature, type SignatureField } from '../signature.js';
import { remembered, stemmedTokeniserId } from '../stemming.js';
import { subsetFields } from '../subset.js';
import { ptbTokeniser } from '../tokenise/ptb-tokeniser.js';
import type { Tokeniser } from '../tokenise/tokeniser.js';
import { bleuOfOrder } from './bleu.js';
import { captionIntervals } from './caption-intervals.js';
import { type CaptionRecord, checkCaptionRecords } from './caption-record.js';
import { type NgramScores, scoreNgrams } from './caption-scores.js';
import {
  adoptDocumentFrequencies,
  countGramFrequencies,
  type DocumentFrequencies,
  fingerprintFrequencies,
  type GramFrequencies,
} from './document-frequency.js';
import { type EncodedCaptions, encodeCaptions, MAXIMUM_ORDER } from './encoded-captions.js';
import { fingerprintReferences } from './reference-fingerprint.js';
import { rougeL } from './rouge-l.js';

export const CAPTION_METRICS = [
  'CIDEr-D',
  'CIDEr',
  'CIDEr-stemmed',
  'BLEU-1',
  'BLEU-2',
  'BLEU-3',
  'BLEU-4',
  'ROUGE-L',
] as const;

export type CaptionMetric = (typeof CAPTION_METRICS)[number];

/** What is scored when nothing else is asked for. */
export const DEFAULT_CAPTION_METRICS: readonly CaptionMetric[] = [
  'CIDEr-D',
  'BLEU-1',
  'BLEU-2',
  'BLEU-3',
  'BLEU-4',
  'ROUGE-L',
];

export interface ScoreCaptionsOptions {
  readonly metrics?: readonly CaptionMetric[];
  readonly tokeniser?: Tokeniser;
  /** Frozen document frequencies; without them CIDEr counts the scored references. */
  readonly documentFrequencies?: DocumentFrequencies;
  /** The same of stemmed words, for CIDEr-stemmed. */
  readonly stemmedDocumentFrequencies?: DocumentFrequencies;
  /** Name of the split, for the signature. */
  readonly split?: string;
  /** Number and fingerprint of the images where they are not all, for the signature. */
  readonly subset?: string;
  /** Adds a 95 % interval to every score. */
  readonly bootstrap?: BootstrapOptions;
  /** The stemmer of CIDEr-stemmed; `loadPorterStemmer` gives the one of the CIDEr paper. */
  readonly stem?: (word: string) => string;
}

export interface MetricScore {
  /** CIDEr 0–10, BLEU and ROUGE-L 0–1. */
  readonly score: number;
  /** One score per image, in the order of the records. BLEU's corpus score is not their mean. */
  readonly perImage: Float64Array;
  readonly signature: string;
  readonly ci95?: Interval;
}

export interface CaptionScores {
  readonly images: number;
  readonly references: number;
  readonly imageIds: readonly string[];
  readonly metrics: Readonly<Partial<Record<CaptionMetric, MetricScore>>>;
  /**
   * What BLEU is computed from once it is summed over images, each in the order of the records: words, words of the closest reference,
   * clipped matches of order 1 … 4. Present when a BLEU is among the metrics.
   */
  readonly bleuColumns?: readonly Int32Array[];
  /** Facts that a careful reader should know, such as empty captions. */
  readonly notes: readonly string[];
}

/**
 * Scores candidates against references.
 * @throws MetricError for records that cannot be scored, unknown metrics and document frequencies of another tokeniser.
 */
export function scoreCaptions(records: readonly CaptionRecord[], options: ScoreCaptionsOptions = {}): CaptionScores {
  const {
    metrics = DEFAULT_CAPTION_METRICS,
    tokeniser = ptbTokeniser,
    documentFrequencies,
    stemmedDocumentFrequencies,
    split,
    subset,
    bootstrap,
  } = options;
  for (const metric of metrics) requireKnownMetric(metric);
  checkCaptionRecords(records);

  const encoded = encodeCaptions(records, tokeniser);
  const images = records.length;
  const references = encoded.captionStart[images]! - images;
  const frequencies =
    documentFrequencies === undefined
      ? countGramFrequencies(encoded)
      : adoptDocumentFrequencies(encoded.table, requireTokeniser(documentFrequencies, tokeniser.id));
  const ngrams = scoreNgrams(encoded, frequencies);

  const shared: readonly SignatureField[] = [
    ['tok', tokeniser.id],
    ['case', tokeniser.lowercases ? 'lower' : 'mixed'],
    ['images', images],
    ['references', `${references}@${fingerprintReferences(encoded)}`],
    ['split', split ?? 'all'],
    ...subsetFields(subset),
  ];
  const usesIdf = metrics.includes('CIDEr-D') || metrics.includes('CIDEr');
  const idf: readonly SignatureField[] = usesIdf
    ? [idfField(encoded, frequencies, documentFrequencies === undefined ? 'corpus' : 'frozen')]
    : [];

  const scores: Partial<Record<CaptionMetric, Omit<MetricScore, 'ci95'>>> = {};
  for (const metric of metrics) {
    switch (metric) {
      case 'CIDEr-D':
        scores[metric] = meanScore(ngrams.ciderD, formatSignature(metric, [['n', 4], ['sigma', 6], ...idf, ...shared]));
        break;
      case 'CIDEr':
        scores[metric] = meanScore(ngrams.cider, formatSignature(metric, [['n', 4], ...idf, ...shared]));
        break;
      case 'CIDEr-stemmed':
        scores[metric] = stemmedCider(records, {
          tokeniser,
          stem: requireStemmer(options.stem),
          documentFrequencies: stemmedDocumentFrequencies,
          shared,
        });
        break;
      case 'ROUGE-L':
        scores[metric] = meanScore(rougeL(encoded), formatSignature(metric, [['beta', '1.2'], ...shared]));
        break;
      case 'BLEU-1':
      case 'BLEU-2':
      case 'BLEU-3':
      case 'BLEU-4':
        scores[metric] = {
          ...bleuScores(ngrams, Number(metric.slice(-1))),
          signature: formatSignature(metric, [['reflen', 'closest'], ...shared]),
        };
        break;
      default:
        metric satisfies never;
    }
  }
  return {
    images,
    references,
    imageIds: encoded.imageIds,
    metrics: bootstrap === undefined ? scores : withIntervals(scores, captionIntervals(scores, ngrams, bootstrap)),
    ...(metrics.some((metric) => metric.startsWith('BLEU-')) ? { bleuColumns: bleuColumns(ngrams) } : {}),
    notes: notesOn(encoded, images, usesIdf && documentFrequencies === undefined),
  };
}

function stemmedCider(
  records: readonly CaptionRecord[],
  {
    tokeniser,
    stem,
    documentFrequencies,
    shared,
  }: {
    readonly tokeniser: Tokeniser;
    readonly stem: (word: string) => string;
    readonly documentFrequencies: DocumentFrequencies | undefined;
    readonly shared: readonly SignatureField[];
  },
): Omit<MetricScore, 'ci95'> {
  const encoded = encodeCaptions(records, tokeniser, remembered(stem));
  const frequencies =
    documentFrequencies === undefined
      ? countGramFrequencies(encoded)
      : adoptDocumentFrequencies(encoded.table, requireTokeniser(documentFrequencies, stemmedTokeniserId(tokeniser)));
  const idf = idfField(encoded, frequencies, documentFrequencies === undefined ? 'corpus' : 'frozen');
  const signature = formatSignature('CIDEr-stemmed', [['n', 4], ['stem', 'porter'], idf, ...shared]);
  return meanScore(scoreNgrams(encoded, frequencies).cider, signature);
}

function idfField(
  { table }: EncodedCaptions,
  frequencies: GramFrequencies,
  source: 'corpus' | 'frozen',
): SignatureField {
  return ['idf', `${source}-${frequencies.images}@${fingerprintFrequencies(table, frequencies)}`];
}

/** Corpus BLEU from the summed counts; per image from its own. */
function bleuScores(ngrams: NgramScores, order: number): { score: number; perImage: Float64Array } {
  const { candidateLength, referenceLength, matches } = ngrams;
  const images = candidateLength.length;
  const perImage = new Float64Array(images);
  const total = { candidateLength: 0, referenceLength: 0, guesses: [0, 0, 0, 0], matches: [0, 0, 0, 0] };
  const own = { candidateLength: 0, referenceLength: 0, guesses: [0, 0, 0, 0], matches: [0, 0, 0, 0] };
  for (let image = 0; image < images; image++) {
    own.candidateLength = candidateLength[image]!;
    own.referenceLength = referenceLength[image]!;
    for (let n = 0; n < MAXIMUM_ORDER; n++) {
      own.guesses[n] = Math.max(0, own.candidateLength - n);
      own.matches[n] = matches[MAXIMUM_ORDER * image + n]!;
      total.guesses[n]! += own.guesses[n]!;
      total.matches[n]! += own.matches[n]!;
    }
    total.candidateLength += own.candidateLength;
    total.referenceLength += own.referenceLength;
    perImage[image] = bleuOfOrder(own, order);
  }
  return { score: bleuOfOrder(total, order), perImage };
}

function bleuColumns({ candidateLength, referenceLength, matches }: NgramScores): readonly Int32Array[] {
  const orders = Array.from({ length: MAXIMUM_ORDER }, (_, order) =>
    candidateLength.map((_words, image) => matches[MAXIMUM_ORDER * image + order]!),
  );
  return [candidateLength, referenceLength, ...orders];
}

function meanScore(perImage: Float64Array, signature: string): Omit<MetricScore, 'ci95'> {
  let sum = 0;
  for (const value of perImage) sum += value;
  return { score: sum / perImage.length, perImage, signature };
}

function withIntervals(
  scores: Partial<Record<CaptionMetric, Omit<MetricScore, 'ci95'>>>,
  intervals: ReadonlyMap<string, Interval>,
): Partial<Record<CaptionMetric, MetricScore>> {
  const result: Partial<Record<CaptionMetric, MetricScore>> = {};
  for (const [metric, score] of Object.entries(scores)) {
    result[metric as CaptionMetric] = { ...score, ci95: intervals.get(metric)! };
  }
  return result;
}

function notesOn(encoded: EncodedCaptions, images: number, countsCorpus: boolean): string[] {
  const notes: string[] = [];
  if (encoded.emptyCandidates > 0) notes.push(`${encoded.emptyCandidates} of ${images} candidates hold no word`);
  if (encoded.emptyReferences > 0) {
    const references = encoded.captionStart[images]! - images;
    notes.push(`${encoded.emptyReferences} of ${references} references hold no word`);
  }
  if (countsCorpus && images === 1) {
    notes.push('CIDEr of a single image is always 0 without frozen document frequencies');
  }
  return notes;
}

function requireTokeniser(frequencies: DocumentFrequencies, tokeniser: string): DocumentFrequencies {
  if (frequencies.tokeniser === tokeniser) return frequencies;
  throw new MetricError({
    code: 'bad-document-frequencies',
    what: `the document frequencies were counted with tokeniser ${frequencies.tokeniser}, the captions with ${tokeniser}`,
    where: 'document frequencies, tokeniser',
    expected: tokeniser,
    fix: 'count them again with the same tokeniser',
  });
}

function requireStemmer(stem: ((word: string) => string) | undefined): (word: string) => string {
  if (stem !== undefined) return stem;
  throw new MetricError({
    code: 'bad-option',
    what: 'CIDEr-stemmed needs a stemmer',
    where: 'options, stem',
    expected: 'a function from a word to its stem',
    fix: 'pass the stemmer that loadPorterStemmer() resolves to',
  });
}

function requireKnownMetric(metric: string): void {
  if ((CAPTION_METRICS as readonly string[]).includes(metric)) return;
  throw new MetricError({
    code: 'unknown-metric',
    what: `there is no caption metric ${JSON.stringify(metric)}`,
    expected: CAPTION_METRICS.join(', '),
    fix: 'name one of these',
  });
}
