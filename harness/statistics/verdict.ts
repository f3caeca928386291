/**
 * The verdict on a hypothesis that was fixed beforehand. With Δ the mean difference in the claimed direction, m the margin and
 * [low, high] the two-sided paired t interval of Δ at level 1 − α:
 *
 * - `reproduced`: low > 0 and Δ ≥ m;
 * - `contradicted`: high < 0 (the effect is opposite), or high < m (a benefit of the margin is excluded);
 * - `inconclusive`: otherwise, and always for smoke runs and for differences without spread.
 *
 * If there is no effect, `reproduced` has a probability of at most α/2, as it needs the interval to clear 0 on one side.
 */
import type { Verdict } from '../../reports/index.js';
import type { PairedStatistics } from './paired-seeds.js';
import { smallestSignFlipP } from './sign-flip.js';

export interface VerdictRule {
  readonly metric: string;
  readonly direction: 'greater' | 'less';
  readonly margin: number;
  readonly alpha: number;
  /** The arms in words, for the sentence. */
  readonly treatment: string;
  readonly control: string;
}

export interface Decision {
  readonly verdict: Verdict;
  /** One sentence to quote: effect, interval, p and n. */
  readonly sentence: string;
  /** Why this verdict and not another. */
  readonly reasons: readonly string[];
}

export function decide(
  statistics: PairedStatistics,
  { metric, direction, margin, alpha, treatment, control }: VerdictRule,
  { smoke = false }: { readonly smoke?: boolean } = {},
): Decision {
  const { meanDifference, confidence, tTest, signFlip, degenerate, pairs } = statistics;
  const sign = direction === 'greater' ? 1 : -1;
  const effect = sign * meanDifference;
  const [low, high] = sign > 0 ? [confidence.low, confidence.high] : [-confidence.high, -confidence.low];
  const level = `${percent(confidence.level)} interval`;
  const reasons: string[] = [];
  let verdict: Verdict = 'inconclusive';

  if (degenerate) {
    reasons.push(
      meanDifference === 0
        ? 'Both arms have the same score for every seed, so there is nothing to decide on.'
        : 'Every seed gives exactly the same difference, so the spread over seeds cannot be estimated.',
    );
  } else if (low > 0 && effect >= margin) {
    verdict = 'reproduced';
    reasons.push(
      `The ${level} lies entirely on the claimed side of 0.`,
      `The mean difference reaches the margin of ${number(margin)}.`,
    );
  } else if (high < 0) {
    verdict = 'contradicted';
    reasons.push(`The ${level} lies entirely on the other side of 0: the effect is the opposite of the claim.`);
  } else if (high < margin) {
    verdict = 'contradicted';
    reasons.push(
      `The ${level} lies entirely below the margin of ${number(margin)}: a benefit of that size is excluded.`,
    );
  } else {
    if (low <= 0) reasons.push(`The ${level} includes 0: no effect at all remains possible.`);
    if (effect < margin) reasons.push(`The mean difference does not reach the margin of ${number(margin)}.`);
    reasons.push(
      `The ${level} also includes the margin of ${number(margin)}: the claimed benefit is not excluded either.`,
    );
  }
  reasons.push(signFlipReason(signFlip.p, { alpha, pairs: pairs.length, tTestP: tTest.p }));
  if (smoke) {
    verdict = 'inconclusive';
    reasons.unshift('This was a smoke run: it proves that every step works and says nothing about the claim.');
  }
  const [meanText, lowText, highText] = signedAlike([meanDifference, confidence.low, confidence.high]);
  const sentence =
    `${label[verdict]}: ${metric}, “${treatment}” minus “${control}”, is ${meanText} ` +
    `(${percent(confidence.level)} CI ${lowText} to ${highText}, ` +
    `paired t ${pText(tTest.p)}, sign-flip ${pText(signFlip.p)}) over ${pairs.length} paired seeds.`;
  return { verdict, sentence, reasons };
}

function signFlipReason(p: number, { alpha, pairs, tTestP }: { alpha: number; pairs: number; tTestP: number }): string {
  const smallest = smallestSignFlipP(pairs);
  if (smallest > alpha) {
    return `${pairs} seeds are too few for the sign-flip test to reach p ≤ ${number(alpha)}: its smallest p is ${number(smallest)}.`;
  }
  if (p <= alpha === tTestP <= alpha)
    return `The exact sign-flip test, which assumes no normal distribution, agrees (${pText(p)}).`;
  return `The exact sign-flip test, which assumes no normal distribution, does not agree (${pText(p)}); read the verdict with care.`;
}

const label: Readonly<Record<Verdict, string>> = {
  reproduced: 'Reproduced',
  contradicted: 'Contradicted',
  inconclusive: 'Inconclusive',
};

function pText(p: number): string {
  return p < 0.001 ? 'p < .001' : `p = ${p.toFixed(3).replace(/^0/, '')}`;
}

function percent(share: number): string {
  return `${number(share * 100)} %`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Formats values with the same number of decimals: three significant digits for the largest of them. */
function signedAlike(values: readonly number[]): readonly string[] {
  const largest = Math.max(...values.map(Math.abs));
  const decimals = largest === 0 ? 0 : Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(largest))));
  return values.map((value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}`);
}
