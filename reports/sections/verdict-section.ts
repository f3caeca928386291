/** The first screen of a report: the claim, the verdict in one word, and the numbers behind it; of a benchmark, what it measures. */

import { renderMiniInterval } from '../charts/mini-interval.js';
import { boundsOf, effectWithInterval, intervalName } from '../effect-interval.js';
import type { ClaimView, FindingReportView } from '../finding-report-view.js';
import {
  decimalsFor,
  formatCount,
  formatFixed,
  formatInterval,
  formatP,
  formatSigned,
  NOT_DEFINED,
} from '../numbers.js';
import { safeWebAddress } from '../safe-links.js';
import { type Effect, effectOf } from './claim-effect.js';
import { nullHypothesis } from './claims-section.js';
import { sentenceBesideWord, VERDICT_WORDS, verdictChip } from './verdict-words.js';

interface Fact {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** A letter with a subscript, printed before the value. */
  readonly symbol?: string;
  readonly subscript?: string;
}

export function verdictSection({ verdict, remarks = [], suite, claims, runs, arms }: FindingReportView) {
  const [first] = claims;
  return {
    decided: verdict !== undefined,
    separate: verdict === undefined && claims.length > 0,
    ...(verdict === undefined
      ? { kind: 'none', word: '', sign: '', meaning: '' }
      : { kind: verdict.verdict, ...VERDICT_WORDS[verdict.verdict] }),
    sentence: verdict === undefined ? '' : sentenceBesideWord(verdict),
    scope: suite.scope ?? '',
    reasons: verdict?.reasons ?? remarks,
    claim: suite.claim,
    citation: suite.source.citation,
    sourceAddress: safeWebAddress(suite.source.url) ?? '',
    sourceText: suite.source.url,
    benchmark: `${formatCount(arms.length)} arms, ${formatCount(runs.length)} runs`,
    facts: claims.length === 1 && first !== undefined ? verdictFacts(effectOf(first), first.hypothesis.alpha) : [],
    claims: claims.length > 1 ? claims.map(claimRow) : [],
  };
}

/** One line per claim where there are several: chip, statement, effect and a small interval plot. */
function claimRow(claim: ClaimView, index: number) {
  const { mean, confidence, axis, signFlip } = effectOf(claim);
  const { margin, direction, statement } = claim.hypothesis;
  const bounds = boundsOf(confidence);
  const effect = effectWithInterval(mean, confidence, decimalsFor([mean, bounds.low, bounds.high]));
  return {
    target: `claim-${index + 1}`,
    number: index + 1,
    chip: verdictChip(claim.verdict.verdict),
    statement,
    effect,
    interval: intervalName(confidence),
    axis,
    p: formatP(claim.holm?.adjustedP ?? signFlip.p),
    pNote:
      claim.holm === undefined
        ? 'sign-flip'
        : `after Holm, against ${nullHypothesis(claim.holm.against, claim.hypothesis)}`,
    plot: renderMiniInterval({
      id: `claim-${index + 1}-summary`,
      title: `Effect of claim ${index + 1}, ${intervalName(confidence)}`,
      description: `${effect}, ${axis}; zero in the middle, the band is the margin; claimed: ${direction === 'greater' ? 'above' : 'below'} zero.`,
      mean,
      ...bounds,
      margin,
      color: 'var(--treatment)',
    }),
  };
}

function verdictFacts(effect: Effect, alpha: number) {
  const { mean, standardDeviation, confidence, tTest, signFlip, effectSize, axis, seeds } = effect;
  const bounds = boundsOf(confidence);
  const decimals = decimalsFor([mean, bounds.low, bounds.high]);
  const facts: Fact[] = [
    { label: effect.meanLabel, value: formatSigned(mean, decimals), note: axis },
    {
      ...(confidence === null
        ? {
            label: 'Interval',
            value: 'none',
            note:
              seeds > 1 ? `every seed has the same ${effect.eachSeed}` : 'one seed does not tell how much seeds differ',
          }
        : {
            label: intervalName(confidence),
            value: formatInterval(confidence, decimals),
            note: `${effect.tTestLabel}, SD ${formatFixed(standardDeviation ?? Number.NaN, decimals)}`,
          }),
    },
    {
      label: 'Sign-flip test',
      value: formatP(signFlip.p),
      note: `${signFlip.permutations === 2 ** seeds ? 'exact, ' : ''}${formatCount(signFlip.permutations)} sign patterns, α = ${alpha}`,
    },
    {
      label: effect.tTestLabel,
      ...(tTest.p === undefined
        ? { value: 'no p', note: seeds > 1 ? `every seed has the same ${effect.eachSeed}` : 'one seed' }
        : { value: formatP(tTest.p), note: `t(${tTest.degreesOfFreedom}) = ${formatFixed(tTest.t, 2)}` }),
    },
    {
      label: 'Effect size',
      symbol: 'd',
      subscript: 'z',
      value: `= ${effectSize === null ? NOT_DEFINED : formatFixed(effectSize, 2)}`,
      note: `mean ÷ SD of the ${effect.eachSeed}s`,
    },
    { label: effect.seedsLabel, value: `n = ${seeds}`, note: 'the seed is the unit' },
  ];
  return facts.map((fact) => ({ symbol: '', subscript: '', ...fact }));
}
