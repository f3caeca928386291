/**
 * The decision on one claim in words: from the row of the rule that matched (`verdict-rule.ts`) and the interval that belongs to it, the
 * sentence to quote and the reasons for this word and no other.
 */
import type { EffectStatistics } from './effect-statistics.js';
import { number, percent, pText, signedAlike } from './number-text.js';
import { mostSeeds, type SeedsToDecide } from './seeds-to-decide.js';
import { signFlipTest, smallestSignFlipP } from './sign-flip.js';
import { type Verdict, type VerdictRow, verdictLabels, verdictOfRow } from './verdict-rule.js';

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
  /** To quote: effect, interval, p and n in one sentence, and what the word leaves open in a second. */
  readonly sentence: string;
  /** That second sentence by itself, where there is one. */
  readonly added?: string;
  /** Why this verdict and not another. */
  readonly reasons: readonly string[];
  /** Of a claim that stays open. */
  readonly seedsToDecide?: SeedsToDecide;
}

export interface RowDecision extends Decision {
  /** Which row of the rule decided. */
  readonly row: VerdictRow;
}

/**
 * @param effects of the seeds, and their statistics with the interval of the family that decided, or that could have
 * @param row what the rule made of the claim
 */
export function decisionInWords(
  { effects, ...statistics }: EffectStatistics & { readonly effects: readonly number[] },
  rule: ClaimRule,
  { row, smoke, seedsToDecide }: Pick<RowDecision, 'row' | 'seedsToDecide'> & { readonly smoke: boolean },
): RowDecision {
  const { metric, comparison, test } = rule;
  const { mean, confidence, tTest, signFlip } = statistics;
  const verdict = verdictOfRow(row);
  const reasons = [
    ...(smoke ? ['This was a smoke run: it only checks that the pipeline runs; it is not evidence.'] : []),
    ...(statistics.degenerate ? [degenerateReason(effects, test)] : intervalReasons(statistics, rule)),
    ...(statistics.degenerate ? [] : [signFlipReason({ effects, ...statistics }, rule)]),
  ];
  const [meanText, lowText, highText] = signedAlike([mean, confidence.low, confidence.high]);
  const [tName, unit] = test === 'paired' ? ['paired t', 'paired seeds'] : ['t', 'seeds'];
  const interval = statistics.degenerate ? 'no interval' : `${percent(confidence.level)} CI ${lowText} to ${highText}`;
  const intervalAndTests =
    ` (${interval}, ` +
    `${tName} ${tTest.p === undefined ? 'without p, as the seeds do not differ' : pText(tTest.p)}, ` +
    `sign-flip ${pText(signFlip.p)}) over ${effects.length} ${unit}.`;
  const tested = effects.length === 1 ? ` over ${test === 'paired' ? 'one pair' : 'one seed'}.` : intervalAndTests;
  const found = `${verdictLabels[verdict]}: ${metric}, ${comparison}, is ${meanText}${tested}`;
  const added = leftOpen(row, rule.margin, seedsToDecide);
  const sentence = [found, added].join(' ').trim();
  return {
    verdict,
    sentence,
    reasons,
    row,
    ...(added === '' ? {} : { added }),
    ...(seedsToDecide === undefined ? {} : { seedsToDecide }),
  };
}

/** What the word alone does not say. */
function leftOpen(row: VerdictRow, margin: number, seedsToDecide: SeedsToDecide | undefined): string {
  const size = number(margin);
  switch (row) {
    case 'undecidable':
    case 'reproduced':
      return '';
    case 'opposite':
      return margin === 0 ? '' : `A benefit of ${size} is excluded too.`;
    case 'opposite-but-small':
      return `A benefit of ${size} is excluded too; the effect is the opposite of the claim, but smaller than ${size}.`;
    case 'real-but-small':
      return `The effect is real, but smaller than the margin of ${size}.`;
    case 'equivalent':
      return `The arms are equivalent within ±${size}.`;
    case 'no-benefit':
      return `There is no benefit of ${size}; a harm of ${size} is not excluded.`;
    case 'open':
      return seedsToDecide === undefined ? '' : seedsInWords(seedsToDecide);
    default:
      return row satisfies never;
  }
}

function seedsInWords({ assumed, probability, seeds }: SeedsToDecide): string {
  const condition = assumed === 'no effect' ? 'If there is no effect' : 'If the true effect is the observed one';
  const count = seeds === null ? `more than ${mostSeeds.toLocaleString('en')} seeds` : `${seeds} seeds`;
  return `${condition}, it takes ${count} to decide with a probability of ${number(probability)}.`;
}

function intervalReasons({ mean, confidence }: EffectStatistics, { direction, margin, test }: ClaimRule): string[] {
  const sign = direction === 'greater' ? 1 : -1;
  const effect = sign * mean;
  const [low, high] = sign > 0 ? [confidence.low, confidence.high] : [-confidence.high, -confidence.low];
  const level = `${percent(confidence.level)} interval`;
  const subject = test === 'paired' ? 'mean difference' : 'mean gain';
  if (low > 0 && effect >= margin) {
    return [
      `The ${level} lies entirely on the claimed side of 0.`,
      `The ${subject} reaches the margin of ${number(margin)}.`,
    ];
  }
  if (high < 0) {
    return [`The ${level} lies entirely on the other side of 0: the effect is the opposite of the claim.`];
  }
  if (high < margin) {
    return [`The ${level} lies entirely below the margin of ${number(margin)}: a benefit of that size is excluded.`];
  }
  return [
    ...(low <= 0 ? [`The ${level} includes 0: no effect at all remains possible.`] : []),
    ...(effect < margin ? [`The ${subject} does not reach the margin of ${number(margin)}.`] : []),
    `The ${level} also includes the margin of ${number(margin)}: a benefit of that size is not excluded either.`,
  ];
}

function degenerateReason(effects: readonly number[], test: ClaimRule['test']): string {
  if (effects.length === 1) {
    return 'With one seed nothing tells how much seeds differ, so there is no interval and no test, and nothing is decided.';
  }
  if (effects[0] !== 0) {
    const effect = test === 'paired' ? 'difference' : 'gain';
    return `Every seed gives exactly the same ${effect}, so the spread over seeds cannot be estimated, and the t test gives no p.`;
  }
  const fact = test === 'paired' ? 'Both arms have the same score' : 'The fitted line is flat';
  return `${fact} for every seed, so there is nothing to decide on.`;
}

/** The sign-flip test is asked what the interval answered: about 0, or where that only excludes the margin about the margin. */
function signFlipReason(
  { effects, confidence, tTest, signFlip }: EffectStatistics & { readonly effects: readonly number[] },
  { direction, margin, alpha }: ClaimRule,
): string {
  const sign = direction === 'greater' ? 1 : -1;
  const high = sign > 0 ? confidence.high : -confidence.low;
  const asksAboutMargin = high >= 0 && high < margin;
  const { p, permutations } = asksAboutMargin ? signFlipTest(effects.map((value) => sign * value - margin)) : signFlip;
  const intervalDecides = asksAboutMargin || (tTest.p !== undefined && tTest.p <= alpha);
  const seeds = effects.length;
  const smallest = smallestSignFlipP(seeds);
  if (smallest > alpha) {
    return `${seeds} seeds are too few for the sign-flip test to reach p ≤ ${number(alpha)}: its smallest p is ${number(smallest)}.`;
  }
  const about = asksAboutMargin ? ` about a benefit of ${number(margin)}` : '';
  const test = `The ${permutations === 2 ** seeds ? 'exact ' : ''}sign-flip test${about}, which assumes no normal distribution,`;
  if (p <= alpha === intervalDecides) return `${test} agrees (${pText(p)}).`;
  return `${test} does not agree (${pText(p)}); read the verdict with care.`;
}
