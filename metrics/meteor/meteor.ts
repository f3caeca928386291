/**
 * A METEOR with exact, stem and WordNet-synonym matching, and the English parameters of METEOR 1.5. It has no paraphrase
 * table and does not weigh function words apart, so its scores are not those of the 1.5 jar, and its signature says so.
 * Source: Denkowski and Lavie, "Meteor Universal: Language Specific Translation Evaluation for Any Target Language" (WMT 2014).
 */
import { bootstrapStatistics } from '../bootstrap/bootstrap-statistic.js';
import type { BootstrapOptions } from '../bootstrap/interval.js';
import { type CaptionRecord, checkCaptionRecords } from '../captions/caption-record.js';
import { type EncodedCaptions, encodeCaptions } from '../captions/encoded-captions.js';
import { fingerprintReferences } from '../captions/reference-fingerprint.js';
import type { MetricScore } from '../captions/score-captions.js';
import { exponential, naturalLogarithm } from '../numerics/deterministic-math.js';
import { formatSignature } from '../signature.js';
import { subsetFields } from '../subset.js';
import { ptbTokeniser } from '../tokenise/ptb-tokeniser.js';
import type { Tokeniser } from '../tokenise/tokeniser.js';
import { align } from './alignment.js';

/** Weight of precision against recall, shape and weight of the fragmentation penalty. */
const ALPHA = 0.85;
const BETA = 0.2;
const GAMMA = 0.6;

const EXACT_WEIGHT = 1;
const STEM_WEIGHT = 0.6;
const SYNONYM_WEIGHT = 0.8;

/** What METEOR knows about words. */
export interface WordKnowledge {
  readonly stem: (word: string) => string;
  /** Identifiers of the sets of synonyms that hold the word; words that share one are synonyms. */
  readonly synonymSets: (word: string) => readonly number[];
}

export interface ScoreMeteorOptions {
  readonly tokeniser?: Tokeniser;
  readonly split?: string | undefined;
  /** Number and fingerprint of the images where they are not all, for the signature. */
  readonly subset?: string | undefined;
  readonly bootstrap?: BootstrapOptions | undefined;
}

interface MeteorCounts {
  readonly candidateLength: number;
  readonly referenceLength: number;
  readonly weight: number;
  readonly matches: number;
  readonly chunks: number;
}

/**
 * METEOR of each image (its best reference) and of the corpus (from the summed counts of the best references), 0–1.
 * @throws MetricError for records that cannot be scored.
 */
export function scoreMeteor(
  records: readonly CaptionRecord[],
  knowledge: WordKnowledge,
  { tokeniser = ptbTokeniser, split, subset, bootstrap }: ScoreMeteorOptions = {},
): MetricScore {
  checkCaptionRecords(records);
  const encoded = encodeCaptions(records, tokeniser);
  const similarity = wordSimilarity(encoded, knowledge);
  const images = records.length;
  const best: MeteorCounts[] = [];
  for (let image = 0; image < images; image++) {
    const first = encoded.captionStart[image]!;
    const candidate = wordsOf(encoded, first);
    let counts: MeteorCounts | undefined;
    for (let caption = first + 1; caption < encoded.captionStart[image + 1]!; caption++) {
      const reference = wordsOf(encoded, caption);
      const { matches, weight, chunks } = align(candidate, reference, similarity);
      const next = {
        candidateLength: candidate.length,
        referenceLength: reference.length,
        weight,
        matches,
        chunks,
      };
      if (counts === undefined || meteor(next) > meteor(counts)) counts = next;
    }
    best.push(counts!);
  }
  const columns = COLUMNS.map((name) => ({
    values: Float64Array.from(best, (counts) => counts[name]),
    integers: name !== 'weight',
  }));
  const total = columns.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const signature = formatSignature('METEOR', [
    ['implementation', 'exact+stem+synonym-not-meteor-1.5'],
    ['parameters', `${ALPHA},${BETA},${GAMMA}`],
    ['tok', tokeniser.id],
    ['case', tokeniser.lowercases ? 'lower' : 'mixed'],
    ['images', images],
    ['references', `${encoded.captionStart[images]! - images}@${fingerprintReferences(encoded)}`],
    ['split', split ?? 'all'],
    ...subsetFields(subset),
  ]);
  const score = { score: meteor(fromSums(total)), perImage: Float64Array.from(best, meteor), signature };
  if (bootstrap === undefined) return score;
  const statistic = { columns: [0, 1, 2, 3, 4], compute: (sums: readonly number[]) => meteor(fromSums(sums)) };
  const [ci95] = bootstrapStatistics(columns, images, [statistic], bootstrap);
  return { ...score, ci95: ci95! };
}

const COLUMNS = ['candidateLength', 'referenceLength', 'weight', 'matches', 'chunks'] as const;

function fromSums(sums: readonly number[]): MeteorCounts {
  const [candidateLength, referenceLength, weight, matches, chunks] = sums as [number, number, number, number, number];
  return { candidateLength, referenceLength, weight, matches, chunks };
}

function meteor({ candidateLength, referenceLength, weight, matches, chunks }: MeteorCounts): number {
  if (matches === 0) return 0;
  const precision = weight / candidateLength;
  const recall = weight / referenceLength;
  const mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  // One chunk that covers both sentences is no fragmentation at all.
  const whole = matches === candidateLength && matches === referenceLength && chunks === 1;
  const fragmentation = whole ? 0 : exponential(BETA * naturalLogarithm(chunks / matches));
  return mean * (1 - GAMMA * fragmentation);
}

function wordSimilarity({ table }: EncodedCaptions, { stem, synonymSets }: WordKnowledge) {
  const stems = new Map<number, string>();
  const sets = new Map<number, ReadonlySet<number>>();
  const stemOf = (word: number): string => {
    let value = stems.get(word);
    if (value === undefined) {
      value = stem(table.textOf(word));
      stems.set(word, value);
    }
    return value;
  };
  const setsOf = (word: number): ReadonlySet<number> => {
    let value = sets.get(word);
    if (value === undefined) {
      value = new Set(synonymSets(table.textOf(word)));
      sets.set(word, value);
    }
    return value;
  };
  return (candidate: number, reference: number): number => {
    if (candidate === reference) return EXACT_WEIGHT;
    const referenceSets = setsOf(reference);
    if (referenceSets.size > 0) {
      for (const set of setsOf(candidate)) if (referenceSets.has(set)) return SYNONYM_WEIGHT;
    }
    return stemOf(candidate) === stemOf(reference) ? STEM_WEIGHT : 0;
  };
}

function wordsOf({ wordStart, longest, table }: EncodedCaptions, caption: number): Int32Array {
  const from = wordStart[caption]!;
  const length = wordStart[caption + 1]! - from;
  return Int32Array.from({ length }, (_, index) => table.firstWordOf(longest[from + index]!));
}
