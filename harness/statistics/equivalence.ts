/**
 * Two one-sided tests (TOST; Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15): the only way to say that there is
 * no difference. It rejects "the effect is at least the margin, one way or the other".
 */
import { meanOfEffects } from './effect-statistics.js';
import { studentTCdf } from './student-t.js';

export interface Equivalence {
  readonly margin: number;
  /** The larger p of the two one-sided t tests. */
  readonly p: number;
  /** p ≤ alpha: the interval at level 1 − 2 alpha lies within ±margin. */
  readonly equivalent: boolean;
}

/** Effects without spread are never called equivalent: p is 1. @throws RangeError as `meanOfEffects` */
export function equivalenceTest(
  effects: readonly number[],
  { margin, alpha, magnitude }: { readonly margin: number; readonly alpha: number; readonly magnitude?: number },
): Equivalence {
  const { mean, standardError, degreesOfFreedom } = meanOfEffects(effects, magnitude);
  const p =
    standardError === 0
      ? 1
      : Math.max(
          studentTCdf((mean - margin) / standardError, degreesOfFreedom),
          studentTCdf(-(mean + margin) / standardError, degreesOfFreedom),
        );
  return { margin, p, equivalent: p <= alpha };
}
