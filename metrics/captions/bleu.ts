/**
 * BLEU-1 … BLEU-4 from per-image counts, as in the public COCO caption evaluation: counts are summed over the corpus,
 * the brevity penalty uses the summed closest reference lengths, and two tiny constants keep empty captions finite.
 * Source: Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (ACL 2002).
 */
import { cubeRoot, exponential } from '../numerics/deterministic-math.js';

/** The counts that BLEU is made of; sums of them are counts of a larger corpus. */
export interface BleuCounts {
  readonly candidateLength: number;
  readonly referenceLength: number;
  /** Candidate n-grams of order 1 … 4. */
  readonly guesses: ArrayLike<number>;
  /** Clipped matches of order 1 … 4. */
  readonly matches: ArrayLike<number>;
}

const TINY = 1e-15;
const SMALL = 1e-9;

/** BLEU of order 1 … 4; each between 0 and 1. */
export function bleu(counts: BleuCounts): number[] {
  return [1, 2, 3, 4].map((order) => bleuOfOrder(counts, order));
}

/** BLEU with n-grams up to `order`; between 0 and 1. */
export function bleuOfOrder({ candidateLength, referenceLength, guesses, matches }: BleuCounts, order: number): number {
  let product = 1;
  for (let n = 0; n < order; n++) product *= (matches[n]! + TINY) / (guesses[n]! + SMALL);
  const score = root(product, order);
  const ratio = (candidateLength + TINY) / (referenceLength + SMALL);
  return ratio < 1 ? score * exponential(1 - 1 / ratio) : score;
}

function root(value: number, degree: number): number {
  switch (degree) {
    case 1:
      return value;
    case 2:
      return Math.sqrt(value);
    case 3:
      return cubeRoot(value);
    default:
      return Math.sqrt(Math.sqrt(value));
  }
}
