/**
 * Statistics of two arms over the same seeds. The seed is the unit: arms of one seed share initial weights and data order, so their
 * scores are compared in pairs, and nothing is resampled from a handful of seeds.
 */
import { UserError } from '../errors.js';
import { type SignFlipTest, signFlipTest } from './sign-flip.js';
import { studentTQuantile, studentTTwoSided } from './student-t.js';

export interface SeedPair {
  readonly seed: number;
  readonly treatment: number;
  readonly control: number;
}

export interface PairedStatistics {
  readonly pairs: readonly (SeedPair & { readonly difference: number })[];
  /** Treatment − control. */
  readonly meanDifference: number;
  /** Of the differences, with n − 1 in the denominator. */
  readonly standardDeviation: number;
  /** Paired t interval of the mean difference, two-sided. */
  readonly confidence: { readonly level: number; readonly low: number; readonly high: number };
  readonly tTest: { readonly t: number; readonly degreesOfFreedom: number; readonly p: number };
  readonly signFlip: SignFlipTest;
  /** Cohen's d_z: mean difference ÷ standard deviation of the differences. */
  readonly effectSize: number;
  /**
   * True when all differences are equal, so that their spread cannot be estimated: the interval shrinks to the mean, and t, p and
   * effect size are given as 0, 1 and 0 because they are not defined.
   */
  readonly degenerate: boolean;
}

/** @throws UserError `score-invalid` for fewer than two pairs, a repeated seed or a score that is not finite */
export function pairedStatistics(pairs: readonly SeedPair[], { alpha }: { readonly alpha: number }): PairedStatistics {
  requirePairs(pairs);
  const withDifference = pairs.map((pair) => ({ ...pair, difference: pair.treatment - pair.control }));
  const differences = withDifference.map(({ difference }) => difference);
  const count = differences.length;
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / count;
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0);
  const standardDeviation = Math.sqrt(squares / (count - 1));
  const magnitude = Math.max(...pairs.flatMap(({ treatment, control }) => [Math.abs(treatment), Math.abs(control)]));
  // Differences that are equal on paper differ by rounding of the scores that they come from.
  const degenerate = standardDeviation <= 1e-12 * magnitude;
  const degreesOfFreedom = count - 1;
  const standardError = degenerate ? 0 : standardDeviation / Math.sqrt(count);
  const halfWidth = standardError * studentTQuantile(1 - alpha / 2, degreesOfFreedom);
  const t = degenerate ? 0 : mean / standardError;
  return {
    pairs: withDifference,
    meanDifference: mean,
    standardDeviation: degenerate ? 0 : standardDeviation,
    confidence: { level: 1 - alpha, low: mean - halfWidth, high: mean + halfWidth },
    tTest: { t, degreesOfFreedom, p: degenerate ? 1 : studentTTwoSided(t, degreesOfFreedom) },
    signFlip: signFlipTest(differences),
    effectSize: degenerate ? 0 : mean / standardDeviation,
    degenerate,
  };
}

function requirePairs(pairs: readonly SeedPair[]): void {
  const mend = 'check the records of these runs';
  if (pairs.length < 2) {
    const what = `${pairs.length} paired seeds are too few to estimate how much seeds differ`;
    throw new UserError({ code: 'score-invalid', what, expected: 'at least 2 seeds', mend });
  }
  const seen = new Set<number>();
  for (const { seed, treatment, control } of pairs) {
    if (seen.has(seed)) throw new UserError({ code: 'score-invalid', what: `seed ${seed} occurs twice`, mend });
    seen.add(seed);
    for (const score of [treatment, control]) {
      if (Number.isFinite(score)) continue;
      throw new UserError({
        code: 'score-invalid',
        what: `a score of seed ${seed} is ${score}`,
        expected: 'a finite number',
        mend,
      });
    }
  }
}
