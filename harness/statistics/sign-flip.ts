/**
 * The exact sign-flip test: if the arms do not differ, each pair's difference is as likely to have the other sign, so every one of
 * the 2ⁿ sign patterns is equally likely (Fisher 1935, The Design of Experiments, §21). It assumes symmetry and nothing of the shape.
 */

/** More pairs than this would be enumerated too slowly. */
const maximumPairs = 20;

export interface SignFlipTest {
  /** Two-sided: share of sign patterns whose mean is at least as far from 0 as the one observed. */
  readonly p: number;
  readonly permutations: number;
}

/** @throws RangeError for no differences or more than `maximumPairs` */
export function signFlipTest(differences: readonly number[]): SignFlipTest {
  const pairs = differences.length;
  if (pairs < 1 || pairs > maximumPairs) {
    throw new RangeError(`the exact sign-flip test takes 1 to ${maximumPairs} pairs, not ${pairs}`);
  }
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  const scale = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  // Sums that are equal on paper may differ by rounding, depending on the order of addition.
  const threshold = observed - 1e-12 * scale;
  const permutations = 2 ** pairs;
  let extreme = 0;
  for (let pattern = 0; pattern < permutations; pattern++) {
    let sum = 0;
    for (let pair = 0; pair < pairs; pair++) sum += (pattern >> pair) & 1 ? -differences[pair]! : differences[pair]!;
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return { p: extreme / permutations, permutations };
}

/** The smallest two-sided p that the test can give with this many pairs. */
export function smallestSignFlipP(pairs: number): number {
  return 2 / 2 ** pairs;
}
