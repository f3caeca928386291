/**
 * The one caption that scores best when it is given to every image: what a model gets that looks at none. All candidates are compared
 * exactly, by an index from n-grams to the references that hold them.
 */
import { ptbTokeniser } from '../tokenise/ptb-tokeniser.js';
import type { Tokeniser } from '../tokenise/tokeniser.js';
import type { CaptionRecord } from './caption-record.js';
import { gaussian, inverseDocumentFrequencies } from './caption-scores.js';
import { countDocumentFrequencies } from './count-document-frequencies.js';
import { adoptDocumentFrequencies } from './document-frequency.js';
import { type EncodedCaptions, encodeCaptions, expandGrams, MAXIMUM_ORDER } from './encoded-captions.js';
import { NO_GRAM } from './ngram-table.js';

/** A reference that holds an n-gram. */
interface Posting {
  /** Term frequency × inverse document frequency there. */
  readonly weight: number;
  /** The weight over the norm of the reference's n-grams of this order, and over the number of references of its image. */
  readonly share: number;
  /** Words of the reference. */
  readonly words: number;
}

/** Distinct n-grams of a caption by order, with the number of times each occurs. */
type Grams = readonly ReadonlyMap<number, number>[];

/**
 * @param records images with their references, on which document frequencies are counted
 * @param candidates each different text is tried once; of equally good ones the first wins
 * @returns the candidate with the highest mean CIDEr-D
 * @throws RangeError without candidates, MetricError for records that cannot be scored
 */
export function bestConstantCaption(
  records: readonly Omit<CaptionRecord, 'candidate'>[],
  candidates: Iterable<string>,
  { tokeniser = ptbTokeniser }: { readonly tokeniser?: Tokeniser } = {},
): string {
  const texts = [...new Set(candidates)];
  if (texts.length === 0) throw new RangeError('No caption is the best of none.');
  const frequencies = countDocumentFrequencies(records, { tokeniser });
  const all = [...records, { imageId: '', references: texts }].map((record) => ({ ...record, candidate: '' }));
  const encoded = encodeCaptions(all, tokeniser);
  const idf = inverseDocumentFrequencies(adoptDocumentFrequencies(encoded.table, frequencies));
  const index = indexReferences(encoded, records.length, idf);

  const first = encoded.captionStart[records.length]! + 1;
  let best = 0;
  let highest = -1;
  for (const place of texts.keys()) {
    const score = totalSimilarity(gramsOf(encoded, first + place), wordsOf(encoded, first + place), { index, idf });
    if (score > highest) [best, highest] = [place, score];
  }
  return texts[best]!;
}

function indexReferences(
  encoded: EncodedCaptions,
  images: number,
  idf: Float64Array,
): ReadonlyMap<number, readonly Posting[]> {
  const index = new Map<number, Posting[]>();
  for (let image = 0; image < images; image++) {
    const from = encoded.captionStart[image]! + 1;
    const to = encoded.captionStart[image + 1]!;
    for (let caption = from; caption < to; caption++) {
      const words = wordsOf(encoded, caption);
      for (const grams of gramsOf(encoded, caption)) {
        const norm = normOf(grams, idf) * (to - from);
        if (norm === 0) continue;
        for (const [gram, occurrences] of grams) {
          const weight = occurrences * idf[gram]!;
          if (weight === 0) continue;
          const known = index.get(gram);
          const posting = { weight, share: weight / norm, words };
          if (known === undefined) index.set(gram, [posting]);
          else known.push(posting);
        }
      }
    }
  }
  return index;
}

/** CIDEr-D summed over images and orders, but for constant factors. */
function totalSimilarity(
  ofCandidate: Grams,
  words: number,
  { index, idf }: { readonly index: ReadonlyMap<number, readonly Posting[]>; readonly idf: Float64Array },
): number {
  let total = 0;
  for (const grams of ofCandidate) {
    const norm = normOf(grams, idf);
    if (norm === 0) continue;
    let sum = 0;
    for (const [gram, occurrences] of grams) {
      const own = occurrences * idf[gram]!;
      for (const { weight, share, words: others } of index.get(gram) ?? []) {
        sum += Math.min(own, weight) * share * gaussian(Math.max(words - 1, 0) - Math.max(others - 1, 0));
      }
    }
    total += sum / norm;
  }
  return total;
}

function gramsOf(encoded: EncodedCaptions, caption: number): Grams {
  const [from, to] = [encoded.wordStart[caption]!, encoded.wordStart[caption + 1]!];
  const expanded = expandGrams(encoded, { from, to, target: new Int32Array(0) });
  const grams = Array.from({ length: MAXIMUM_ORDER }, () => new Map<number, number>());
  for (let i = 0; i < MAXIMUM_ORDER * (to - from); i++) {
    const gram = expanded[i]!;
    if (gram !== NO_GRAM) grams[i % MAXIMUM_ORDER]!.set(gram, (grams[i % MAXIMUM_ORDER]!.get(gram) ?? 0) + 1);
  }
  return grams;
}

const wordsOf = ({ wordStart }: EncodedCaptions, caption: number): number =>
  wordStart[caption + 1]! - wordStart[caption]!;

function normOf(grams: ReadonlyMap<number, number>, idf: Float64Array): number {
  let squares = 0;
  for (const [gram, occurrences] of grams) squares += (occurrences * idf[gram]!) ** 2;
  return Math.sqrt(squares);
}
