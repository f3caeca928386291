/**
 * The caption metrics' front door: records in, corpus and per-image scores with signatures out.
 * Tokenises once, counts once, and derives CIDEr-D, CIDEr, BLEU-1…4 and ROUGE-L from the same integers.
 */
import { MetricError } from '../errors.js';
import { formatSignature, type SignatureField } from '../signature.js';
import { ptbTokeniser } from '../tokenise/ptb-tokeniser.js';
import type { Tokeniser } from '../tokenise/tokeniser.js';
import { bleu, guessesOf } from './bleu.js';
import { type CaptionRecord, checkCaptionRecords } from './caption-record.js';
import { type NgramScores, scoreNgrams } from './caption-scores.js';
import {
  adoptDocumentFrequencies,
  countGramFrequencies,
  type DocumentFrequencies,
  fingerprintFrequencies,
} from './document-frequency.js';
import { type EncodedCaptions, encodeCaptions, MAXIMUM_ORDER } from './encoded-captions.js';
import { fingerprintReferences } from './reference-fingerprint.js';
import { rougeL } from './rouge-l.js';

export const CAPTION_METRICS = ['CIDEr-D', 'CIDEr', 'BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4', 'ROUGE-L'] as const;

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
  /** Name of the split, for the signature. */
  readonly split?: string;
}

export interface MetricScore {
  /** CIDEr 0–10, BLEU and ROUGE-L 0–1. */
  readonly score: number;
  /** One score per image, in the order of the records. BLEU's corpus score is not their mean. */
  readonly perImage: Float64Array;
  readonly signature: string;
}

export interface CaptionScores {
  readonly images: number;
  readonly references: number;
  readonly imageIds: readonly string[];
  readonly metrics: Readonly<Partial<Record<CaptionMetric, MetricScore>>>;
  /** Facts that a careful reader should know, such as empty captions. */
  readonly notes: readonly string[];
}

/**
 * Scores candidates against references.
 * @throws MetricError for records that cannot be scored, unknown metrics and document frequencies of another tokeniser.
 */
export function scoreCaptions(records: readonly CaptionRecord[], options: ScoreCaptionsOptions = {}): CaptionScores {
  const { metrics = DEFAULT_CAPTION_METRICS, tokeniser = ptbTokeniser, documentFrequencies, split } = options;
  for (const metric of metrics) requireKnownMetric(metric);
  checkCaptionRecords(records);
  const encoded = encodeCaptions(records, tokeniser);
  return scoreEncodedCaptions(encoded, { metrics, tokeniser, documentFrequencies, split });
}

interface EncodedOptions {
  readonly metrics: readonly CaptionMetric[];
  readonly tokeniser: Tokeniser;
  readonly documentFrequencies: DocumentFrequencies | undefined;
  readonly split: string | undefined;
}

function scoreEncodedCaptions(encoded: EncodedCaptions, options: EncodedOptions): CaptionScores {
  const { metrics, tokeniser, documentFrequencies, split } = options;
  const images = encoded.imageIds.length;
  const captions = encoded.captionStart[images]!;
  const frequencies =
    documentFrequencies === undefined
      ? countGramFrequencies(encoded)
      : adoptDocumentFrequencies(encoded.table, requireTokeniser(documentFrequencies, tokeniser));
  const ngrams = scoreNgrams(encoded, frequencies);
  const shared: SignatureField[] = [
    ['tok', tokeniser.id],
    ['case', tokeniser.lowercases ? 'lower' : 'mixed'],
    ['images', images],
    ['references', `${captions - images}@${fingerprintReferences(encoded)}`],
    ['split', split ?? 'all'],
  ];
  const usesIdf = metrics.some((metric) => metric === 'CIDEr-D' || metric === 'CIDEr');
  const idfSource = documentFrequencies === undefined ? 'corpus' : 'frozen';
  const idf: SignatureField[] = usesIdf
    ? [['idf', `${idfSource}-${frequencies.images}@${fingerprintFrequencies(encoded.table, frequencies)}`]]
    : [];

  const result: Partial<Record<CaptionMetric, MetricScore>> = {};
  for (const metric of metrics) {
    switch (metric) {
      case 'CIDEr-D':
        result[metric] = meanScore(ngrams.ciderD, formatSignature(metric, [['n', 4], ['sigma', 6], ...idf, ...shared]));
        break;
      case 'CIDEr':
        result[metric] = meanScore(
          ngrams.cider,
          formatSignature(metric, [['n', 4], ['stem', 'no'], ...idf, ...shared]),
        );
        break;
      case 'ROUGE-L':
        result[metric] = meanScore(rougeL(encoded), formatSignature(metric, [['beta', '1.2'], ...shared]));
        break;
      case 'BLEU-1':
      case 'BLEU-2':
      case 'BLEU-3':
      case 'BLEU-4': {
        const order = Number(metric.slice(-1));
        const signature = formatSignature(metric, [['reflen', 'closest'], ...shared]);
        result[metric] = { ...bleuScores(ngrams, order), signature };
        break;
      }
      default:
        metric satisfies never;
    }
  }
  return {
    images,
    references: captions - images,
    imageIds: encoded.imageIds,
    metrics: result,
    notes: notesOn(encoded, images, documentFrequencies !== undefined, usesIdf),
  };
}

function bleuScores(ngrams: NgramScores, order: number): { score: number; perImage: Float64Array } {
  const { candidateLength, referenceLength, matches } = ngrams;
  const perImage = new Float64Array(candidateLength.length);
  const total = { candidateLength: 0, referenceLength: 0, guesses: [0, 0, 0, 0], matches: [0, 0, 0, 0] };
  for (let image = 0; image < perImage.length; image++) {
    const counts = {
      candidateLength: candidateLength[image]!,
      referenceLength: referenceLength[image]!,
      guesses: guessesOf(candidateLength[image]!),
      matches: matches.subarray(MAXIMUM_ORDER * image, MAXIMUM_ORDER * (image + 1)),
    };
    perImage[image] = bleu(counts)[order - 1]!;
    total.candidateLength += counts.candidateLength;
    total.referenceLength += counts.referenceLength;
    for (let n = 0; n < MAXIMUM_ORDER; n++) {
      total.guesses[n]! += counts.guesses[n]!;
      total.matches[n]! += counts.matches[n]!;
    }
  }
  return { score: bleu(total)[order - 1]!, perImage };
}

function meanScore(perImage: Float64Array, signature: string): MetricScore {
  let sum = 0;
  for (const value of perImage) sum += value;
  return { score: sum / perImage.length, perImage, signature };
}

function notesOn(encoded: EncodedCaptions, images: number, frozen: boolean, usesIdf: boolean): string[] {
  const notes: string[] = [];
  if (encoded.emptyCandidates > 0) notes.push(`${encoded.emptyCandidates} of ${images} candidates hold no word`);
  if (encoded.emptyReferences > 0) {
    const references = encoded.captionStart[images]! - images;
    notes.push(`${encoded.emptyReferences} of ${references} references hold no word`);
  }
  if (usesIdf && !frozen && images === 1) {
    notes.push('CIDEr of a single image is always 0 without frozen document frequencies');
  }
  return notes;
}

function requireTokeniser(frequencies: DocumentFrequencies, tokeniser: Tokeniser): DocumentFrequencies {
  if (frequencies.tokeniser === tokeniser.id) return frequencies;
  throw new MetricError({
    code: 'bad-document-frequencies',
    what: `the document frequencies were counted with tokeniser ${frequencies.tokeniser}, the captions with ${tokeniser.id}`,
    where: 'document frequencies, tokeniser',
    expected: tokeniser.id,
    mend: 'count them again with the same tokeniser',
  });
}

function requireKnownMetric(metric: string): void {
  if ((CAPTION_METRICS as readonly string[]).includes(metric)) return;
  throw new MetricError({
    code: 'unknown-metric',
    what: `there is no caption metric ${JSON.stringify(metric)}`,
    expected: CAPTION_METRICS.join(', '),
    mend: 'name one of these',
  });
}
