/**
 * One pass over the encoded captions that yields everything the n-gram metrics need per image:
 * CIDEr-D and CIDEr similarities and the counts that BLEU sums over a corpus.
 * CIDEr: Vedantam et al., "CIDEr: Consensus-based Image Description Evaluation" (CVPR 2015), equations 1–3 and §"CIDEr-D";
 * BLEU: Papineni et al., "BLEU" (ACL 2002). Both with the choices of the public COCO caption evaluation.
 */
import { exponential, naturalLogarithm } from '../numerics/deterministic-math.js';
import type { GramFrequencies } from './document-frequency.js';
import { type EncodedCaptions, expandGrams, MAXIMUM_ORDER } from './encoded-captions.js';
import { NO_GRAM } from './ngram-table.js';

/** Standard deviation of CIDEr-D's Gaussian penalty on the difference of lengths. */
const SIGMA = 6;
const SCALE = 10;

export interface NgramScores {
  /** CIDEr-D of each image, 0–10; [images]. */
  readonly ciderD: Float64Array;
  /** CIDEr without clipping and length penalty; [images]. */
  readonly cider: Float64Array;
  /** Words of each candidate; [images]. */
  readonly candidateLength: Int32Array;
  /** Words of the reference closest in length, the shorter of two equally close; [images]. */
  readonly referenceLength: Int32Array;
  /** Clipped matches of order n + 1 at [4 image + n]; [4 × images]. */
  readonly matches: Int32Array;
}

/** Scores every image of `encoded` against its own references, weighing n-grams by `frequencies`. */
export function scoreNgrams(encoded: EncodedCaptions, frequencies: GramFrequencies): NgramScores {
  const { captionStart, wordStart } = encoded;
  const images = captionStart.length - 1;
  const idf = inverseDocumentFrequencies(frequencies);

  const ciderD = new Float64Array(images);
  const cider = new Float64Array(images);
  const candidateLength = new Int32Array(images);
  const referenceLength = new Int32Array(images);
  const matches = new Int32Array(MAXIMUM_ORDER * images);

  // Scratch by gram, cleared after each caption; small lists of the grams that are set.
  const inCandidate = new Int32Array(encoded.table.size);
  const inReference = new Int32Array(encoded.table.size);
  const mostInReferences = new Int32Array(encoded.table.size);
  const candidateNorms = new Float64Array(MAXIMUM_ORDER);

  let grams: Int32Array = new Int32Array(0);

  for (let image = 0; image < images; image++) {
    const candidate = captionStart[image]!;
    // Words are counted from the first one of the image, whose n-grams are spread out for it alone.
    const base = wordStart[candidate]!;
    grams = expandGrams(encoded, { from: base, to: wordStart[captionStart[image + 1]!]!, target: grams });
    const from = 0;
    const to = wordStart[candidate + 1]! - base;
    const length = to - from;
    candidateLength[image] = length;
    count(grams, from, to, inCandidate);
    for (let order = 0; order < MAXIMUM_ORDER; order++) {
      candidateNorms[order] = norm(grams, from, to, order, inCandidate, idf);
    }

    const firstReference = candidate + 1;
    const lastReference = captionStart[image + 1]!;
    let closest = -1;
    let sumD = 0;
    let sum = 0;
    for (let reference = firstReference; reference < lastReference; reference++) {
      const start = wordStart[reference]! - base;
      const end = wordStart[reference + 1]! - base;
      const words = end - start;
      if (closest < 0 || isCloser(words, closest, length)) closest = words;
      count(grams, start, end, inReference);
      // The length is the number of bigrams, so captions of no and of one word count alike.
      const penalty = gaussian((length > 0 ? length - 1 : 0) - (words > 0 ? words - 1 : 0));
      for (let order = 0; order < MAXIMUM_ORDER; order++) {
        let clipped = 0;
        let product = 0;
        let squares = 0;
        for (let word = start; word < end - order; word++) {
          const gram = grams[MAXIMUM_ORDER * word + order]!;
          const occurrences = inReference[gram]!;
          if (occurrences === 0) continue;
          inReference[gram] = 0;
          const weight = occurrences * idf[gram]!;
          squares += weight * weight;
          const wanted = inCandidate[gram]!;
          if (wanted === 0) continue;
          const candidateWeight = wanted * idf[gram]!;
          clipped += Math.min(candidateWeight, weight) * weight;
          product += candidateWeight * weight;
          if (mostInReferences[gram]! < occurrences) mostInReferences[gram] = occurrences;
        }
        const norms = candidateNorms[order]! * Math.sqrt(squares);
        if (norms === 0) continue;
        sumD += (clipped / norms) * penalty;
        sum += product / norms;
      }
    }
    const references = lastReference - firstReference;
    ciderD[image] = (sumD / MAXIMUM_ORDER / references) * SCALE;
    cider[image] = (sum / MAXIMUM_ORDER / references) * SCALE;
    referenceLength[image] = closest;
    for (let order = 0; order < MAXIMUM_ORDER; order++) {
      let matched = 0;
      for (let word = from; word < to - order; word++) {
        const gram = grams[MAXIMUM_ORDER * word + order]!;
        const wanted = inCandidate[gram]!;
        if (wanted === 0) continue;
        const allowed = mostInReferences[gram]!;
        matched += Math.min(wanted, allowed);
        inCandidate[gram] = 0;
        mostInReferences[gram] = 0;
      }
      matches[MAXIMUM_ORDER * image + order] = matched;
    }
  }
  return { ciderD, cider, candidateLength, referenceLength, matches };
}

/** ln N − ln max(1, df) for each gram; a gram that no reference holds counts as seen once. */
export function inverseDocumentFrequencies({ images, counts }: GramFrequencies): Float64Array {
  const logarithms = new Float64Array(images + 1);
  for (let count = 2; count <= images; count++) logarithms[count] = naturalLogarithm(count);
  const total = logarithms[images]!;
  const idf = new Float64Array(counts.length);
  for (let gram = 0; gram < counts.length; gram++) idf[gram] = total - logarithms[counts[gram]!]!;
  return idf;
}

function count(grams: Int32Array, from: number, to: number, counts: Int32Array): void {
  for (let index = MAXIMUM_ORDER * from; index < MAXIMUM_ORDER * to; index++) {
    const gram = grams[index]!;
    if (gram !== NO_GRAM) counts[gram]!++;
  }
}

/** Euclidean norm of the tf-idf vector of one order; each distinct gram counts at its first occurrence. */
function norm(
  grams: Int32Array,
  from: number,
  to: number,
  order: number,
  counts: Int32Array,
  idf: Float64Array,
): number {
  let squares = 0;
  for (let word = from; word < to - order; word++) {
    const gram = grams[MAXIMUM_ORDER * word + order]!;
    const occurrences = counts[gram]!;
    if (occurrences < 0) continue;
    const weight = occurrences * idf[gram]!;
    squares += weight * weight;
    counts[gram] = -occurrences;
  }
  for (let word = from; word < to - order; word++) {
    const gram = grams[MAXIMUM_ORDER * word + order]!;
    if (counts[gram]! < 0) counts[gram] = -counts[gram]!;
  }
  return Math.sqrt(squares);
}

function isCloser(words: number, closest: number, length: number): boolean {
  const distance = Math.abs(words - length);
  const best = Math.abs(closest - length);
  return distance < best || (distance === best && words < closest);
}

const GAUSSIAN = Float64Array.from({ length: 256 }, (_, delta) => exponential(-(delta * delta) / (2 * SIGMA * SIGMA)));

export function gaussian(difference: number): number {
  const delta = Math.abs(difference);
  // e^(−256² / 72) is below the smallest double.
  return delta < GAUSSIAN.length ? GAUSSIAN[delta]! : 0;
}
