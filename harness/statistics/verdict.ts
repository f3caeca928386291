/**
 * The verdict on a claim that was fixed beforehand. With Δ the mean effect in the claimed direction, m the margin and [low, high] the
 * two-sided t interval of Δ:
 *
 * - `reproduced`: low > 0 and Δ ≥ m;
 * - `contradicted`: high < 0 (the effect is opposite), or high < m (a benefit of the margin is excluded);
 * - `inconclusive`: otherwise, and always for smoke runs and for effects without spread.
 *
 * With an interval at level 1 − α, `reproduced` has a probability of at most α/2 if there is no effect, and `contradicted` one of at
 * most α/2 if the effect is the margin: either needs the interval to clear one value on one side.
 */
import type { EffectStatistics } from './effect-statistics.js';
import { number, percent, pText, signedAlike } from './number-text.js';
import { type SignFlipTest, signFlipTest, smallestSignFlipP } from './sign-flip.js';

export type Verdict = 'reproduced' | 'contradicted' | 'inconclusive';

export interface ClaimRule {
  /** Label of the measure. */
  readonly metric: string;
  readonly direction: 'greater' | 'less';
  readonly margin: number;
  readonly alpha: number;
  /** What the effect is, for the sentence: for example “no mask” minus “mask”. */
  readonly comparison: string;
  readonly test: 'paired' | 'trend';
}

export interface Decision {
  readonly verdict: Verdict;
  /** One sentence to quote: effect, interval, p and n. */
  readonly sentence: string;
  /** Why this verdict and not another. */
  readonly reasons: readonly string[];
}

/** @param effects of the seeds, and their statistics with the interval to decide on */
export function decideOnInterval(
  { effects, ...statistics }: EffectStatistics & { readonly effects: readonly number[] },
  { metric, direction, margin, alpha, comparison, test }: ClaimRule,
  { smoke }: { readonly smoke: boolean },
): Decision {
  const { mean, confidence, tTest, signFlip, degenerate } = statistics;
  const seeds = effects.length;
  const sign = direction === 'greater' ? 1 : -1;
  const effect = sign * mean;
  const [low, high] = sign > 0 ? [confidence.low, confidence.high] : [-confidence.high, -confidence.low];
  const level = `${percent(confidence.level)} interval`;
  const subject = test === 'paired' ? 'mean difference' : 'mean gain';
  const reasons: string[] = [];
  let verdict: Verdict = 'inconclusive';
  /** What the sign-flip test is asked beside the interval: whether the effect differs from this, in the claimed direction. */
  let against = 0;

  if (degenerate) {
    reasons.push(degenerateReason(mean, test));
  } else if (low > 0 && effect >= margin) {
    verdict = 'reproduced';
    reasons.push(
      `The ${level} lies entirely on the claimed side of 0.`,
      `The ${subject} reaches the margin of ${number(margin)}.`,
    );
  } else if (high < 0) {
    verdict = 'contradicted';
    reasons.push(`The ${level} lies entirely on the other side of 0: the effect is the opposite of the claim.`);
  } else if (high < margin) {
    verdict = 'contradicted';
    against = margin;
    reasons.push(
      `The ${level} lies entirely below the margin of ${number(margin)}: a benefit of that size is excluded.`,
    );
  } else {
    if (low <= 0) reasons.push(`The ${level} includes 0: no effect at all remains possible.`);
    if (effect < margin) reasons.push(`The ${subject} does not reach the margin of ${number(margin)}.`);
    reasons.push(
      `The ${level} also includes the margin of ${number(margin)}: a benefit of that size is not excluded either.`,
    );
  }
  if (!degenerate) {
    const shifted = effects.map((value) => sign * value - against);
    const intervalDecides = against === 0 ? tTest.p !== undefined && tTest.p <= alpha : true;
    reasons.push(
      signFlipReason(against === 0 ? signFlip : signFlipTest(shifted), { alpha, seeds, against, intervalDecides }),
    );
  }
  if (smoke) {
    verdict = 'inconclusive';
    reasons.unshift('This was a smoke run: it only checks that the pipeline runs; it is not evidence.');
  }
  const [meanText, lowText, highText] = signedAlike([mean, confidence.low, confidence.high]);
  const [tName, unit] = test === 'paired' ? ['paired t', 'paired seeds'] : ['t', 'seeds'];
  const sentence =
    `${verdictLabels[verdict]}: ${metric}, ${comparison}, is ${meanText} ` +
    `(${percent(confidence.level)} CI ${lowText} to ${highText}, ` +
    `${tName} ${tTest.p === undefined ? 'without p, as the seeds do not differ' : pText(tTest.p)}, ` +
    `sign-flip ${pText(signFlip.p)}) over ${seeds} ${unit}.`;
  return { verdict, sentence, reasons };
}

function degenerateReason(mean: number, test: ClaimRule['test']): string {
  if (mean !== 0) {
    const effect = test === 'paired' ? 'difference' : 'gain';
    return `Every seed gives exactly the same ${effect}, so the spread over seeds cannot be estimated, and the t test gives no p.`;
  }
  const fact = test === 'paired' ? 'Both arms have the same score' : 'The fitted line is flat';
  return `${fact} for every seed, so there is nothing to decide on.`;
}

function signFlipReason(
  { p, permutations }: SignFlipTest,
  {
    alpha,
    seeds,
    against,
    intervalDecides,
  }: {
    readonly alpha: number;
    readonly seeds: number;
    readonly against: number;
    /** Whether the interval excludes that value. */
    readonly intervalDecides: boolean;
  },
): string {
  const smallest = smallestSignFlipP(seeds);
  if (smallest > alpha) {
    return `${seeds} seeds are too few for the sign-flip test to reach p ≤ ${number(alpha)}: its smallest p is ${number(smallest)}.`;
  }
  const about = against === 0 ? '' : ` about a benefit of ${number(against)}`;
  const test = `The ${permutations === 2 ** seeds ? 'exact ' : ''}sign-flip test${about}, which assumes no normal distribution,`;
  if (p <= alpha === intervalDecides) return `${test} agrees (${pText(p)}).`;
  return `${test} does not agree (${pText(p)}); read the verdict with care.`;
}

export const verdictLabels: Readonly<Record<Verdict, string>> = {
  reproduced: 'Reproduced',
  contradicted: 'Contradicted',
  inconclusive: 'Inconclusive',
};
