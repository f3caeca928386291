/** The first screen of a report: the claim, the verdict in one word, and the numbers behind it. */
import type { FindingReportView, PairedSeedsView, Verdict, VerdictView } from '../finding-report-view.js';
import { decimalsFor, formatCount, formatFixed, formatInterval, formatP, formatSigned } from '../numbers.js';
import { safeWebAddress } from '../safe-links.js';
import type { PairedClaim } from './pairs-section.js';

const WORDS: Readonly<Record<Verdict, { readonly word: string; readonly sign: string; readonly meaning: string }>> = {
  reproduced: { word: 'Reproduced', sign: '✓', meaning: 'The claim held in this experiment.' },
  contradicted: { word: 'Contradicted', sign: '✗', meaning: 'The opposite of the claim held in this experiment.' },
  inconclusive: {
    word: 'Inconclusive',
    sign: '?',
    meaning: 'This experiment decides neither for nor against the claim.',
  },
};

interface Fact {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** A letter with a subscript, printed before the value. */
  readonly symbol?: string;
  readonly subscript?: string;
}

export function verdictSection({ suite }: FindingReportView, verdict: VerdictView, { pairs, hypothesis }: PairedClaim) {
  return {
    kind: verdict.verdict,
    ...WORDS[verdict.verdict],
    sentence: verdict.sentence,
    reasons: verdict.reasons,
    claim: suite.claim,
    citation: suite.source.citation,
    sourceAddress: safeWebAddress(suite.source.url) ?? '',
    sourceText: suite.source.url,
    facts: verdictFacts(pairs, hypothesis.alpha),
  };
}

function verdictFacts(pairs: PairedSeedsView, alpha: number) {
  const { meanDifference, standardDeviation, confidence, tTest, signFlip, effectSize } = pairs;
  const decimals = decimalsFor([meanDifference, confidence.low, confidence.high]);
  const facts: Fact[] = [
    { label: 'Mean difference', value: formatSigned(meanDifference, decimals), note: pairs.axis },
    {
      label: `${formatFixed(confidence.level * 100, 0)} % interval`,
      value: formatInterval(confidence, decimals),
      note: `paired t, SD ${formatFixed(standardDeviation, decimals)}`,
    },
    {
      label: 'Sign-flip test',
      value: formatP(signFlip.p),
      note: `exact, ${formatCount(signFlip.permutations)} sign patterns, α = ${alpha}`,
    },
    {
      label: 'Paired t-test',
      value: formatP(tTest.p),
      note: `t(${tTest.degreesOfFreedom}) = ${formatFixed(tTest.t, 2)}`,
    },
    {
      label: 'Effect size',
      symbol: 'd',
      subscript: 'z',
      value: `= ${formatFixed(effectSize, 2)}`,
      note: 'mean ÷ SD of the differences',
    },
    { label: 'Paired seeds', value: `n = ${pairs.pairs.length}`, note: 'the seed is the unit' },
  ];
  return facts.map((fact) => ({ symbol: '', subscript: '', ...fact }));
}
