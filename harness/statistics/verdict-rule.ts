/**
 * The rule that turns what is known of one claim into a word. With Δ the estimate in the claimed direction and m the margin, the bounds
 * L₀ (against "no effect or less"), H_m (against "a benefit of m or more"), H₀ (against "no effect or more") and L (against "a harm of m
 * or more") come from four Holm families (`claim-families.ts`). The first row that matches decides.
 */

export const verdicts = ['reproduced', 'ruled-out', 'contradicted', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

/** As a sentence begins. */
export const verdictLabels: Readonly<Record<Verdict, string>> = {
  reproduced: 'Reproduced',
  'ruled-out': 'Ruled out',
  contradicted: 'Contradicted',
  inconclusive: 'Inconclusive',
};

export interface KnownOfClaim {
  /** A smoke run, or effects without spread: nothing may be concluded, whatever the bounds are. */
  readonly undecidable: boolean;
  /** L₀ > 0. */
  readonly benefit: boolean;
  /** Δ ≥ m. */
  readonly reachesMargin: boolean;
  /** H₀ < 0. */
  readonly opposite: boolean;
  /** H_m < m. */
  readonly marginExcluded: boolean;
  /** L > −m. */
  readonly harmExcluded: boolean;
}

/** Which row of the rule decided; the word alone does not say how much is known. */
export type VerdictRow =
  | 'undecidable'
  | 'reproduced'
  | 'opposite'
  | 'opposite-but-small'
  | 'real-but-small'
  | 'equivalent'
  | 'no-benefit'
  | 'open';

const wordOfRow: Readonly<Record<VerdictRow, Verdict>> = {
  undecidable: 'inconclusive',
  reproduced: 'reproduced',
  opposite: 'contradicted',
  'opposite-but-small': 'contradicted',
  'real-but-small': 'ruled-out',
  equivalent: 'ruled-out',
  'no-benefit': 'ruled-out',
  open: 'inconclusive',
};

export function verdictOfRow(row: VerdictRow): Verdict {
  return wordOfRow[row];
}

export function verdictRow(known: KnownOfClaim): VerdictRow {
  const { undecidable, benefit, reachesMargin, opposite, marginExcluded, harmExcluded } = known;
  if (undecidable) return 'undecidable';
  if (benefit && reachesMargin) return 'reproduced';
  if (opposite && marginExcluded) return harmExcluded ? 'opposite-but-small' : 'opposite';
  if (marginExcluded && benefit) return 'real-but-small';
  if (marginExcluded && harmExcluded) return 'equivalent';
  if (marginExcluded) return 'no-benefit';
  return 'open';
}

/**
 * The word of a finding that claims all of its claims together: reproduced if all are; else contradicted as soon as one is; else ruled
 * out as soon as one is.
 */
export function combinedVerdict(words: readonly Verdict[]): Verdict {
  if (words.length > 0 && words.every((word) => word === 'reproduced')) return 'reproduced';
  if (words.includes('contradicted')) return 'contradicted';
  return words.includes('ruled-out') ? 'ruled-out' : 'inconclusive';
}
