/**
 * The sign-flip test: if two systems do not differ, each difference is as likely to have the other sign, so every one of the 2ⁿ sign
 * patterns is equally likely (Fisher 1935, The Design of Experiments, §21). It assumes symmetry and nothing of the shape. Up to 20
 * differences all patterns are counted; beyond that a sample of them is drawn from a seeded stream.
 */
import { flippedSums } from './flipped-sums.js';

/** More differences than this would be enumerated too slowly. */
const enumerated = 20;

export interface SignFlipTest {
  /** Two-sided: share of sign patterns whose mean is at least as far from 0 as the one observed. */
  readonly p: number;
  /** Patterns counted: all 2ⁿ, or as many as were drawn. */
  readonly permutations: number;
}

export interface SignFlipOptions {
  /** Patterns to draw where there are too many to count. */
  readonly permutations?: number;
  readonly seed?: number;
}

/**
 * With drawn patterns p = (1 + those as extreme) ÷ (1 + those drawn), which is never too small (Phipson and Smyth 2010, "Permutation
 * p-values should never be zero").
 *
 * @throws RangeError for no differences
 */
export function signFlipTest(
  differences: ArrayLike<number>,
  { permutations = 10_000, seed = 1 }: SignFlipOptions = {},
): SignFlipTest {
  if (differences.length < 1) throw new RangeError('the sign-flip test takes at least one difference');
  const values = Float64Array.from(differences);
  const total = values.reduce((sum, difference) => sum + difference, 0);
  const scale = values.reduce((sum, difference) => sum + Math.abs(difference), 0);
  // Sums that are equal on paper may differ by rounding, depending on the order of addition.
  const threshold = Math.abs(total) - 1e-12 * scale;
  if (values.length <= enumerated) return exactTest(values, threshold);
  const [flipped] = flippedSums([values], permutations, seed);
  let extreme = 0;
  for (const sum of flipped!) if (Math.abs(total - 2 * sum) >= threshold) extreme++;
  return { p: (1 + extreme) / (1 + permutations), permutations };
}

function exactTest(values: Float64Array, threshold: number): SignFlipTest {
  const permutations = 2 ** values.length;
  let extreme = 0;
  for (let pattern = 0; pattern < permutations; pattern++) {
    let sum = 0;
    for (let index = 0; index < values.length; index++)
      sum += (pattern >> index) & 1 ? -values[index]! : values[index]!;
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return { p: extreme / permutations, permutations };
}

/** The smallest two-sided p that the exact test can give with this many pairs. */
export function smallestSignFlipP(pairs: number): number {
  return 2 / 2 ** pairs;
}
