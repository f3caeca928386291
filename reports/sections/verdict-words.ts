/** How a verdict is written: its word, a sign that does not depend on colour, and what it means in one sentence. */
import type { Verdict } from '../finding-report-view.js';

export const VERDICT_WORDS: Readonly<
  Record<Verdict, { readonly word: string; readonly sign: string; readonly meaning: string }>
> = {
  reproduced: { word: 'Reproduced', sign: '✓', meaning: 'The claim held in this experiment.' },
  contradicted: {
    word: 'Contradicted',
    sign: '✗',
    meaning:
      'In this experiment a benefit of the claimed size is excluded, or the effect is the opposite; the reasons say which.',
  },
  inconclusive: {
    word: 'Inconclusive',
    sign: '?',
    meaning: 'This experiment decides neither for nor against the claim.',
  },
};

/** What the partial `verdict-chip` prints. */
export function verdictChip(verdict: Verdict) {
  const { word, sign } = VERDICT_WORDS[verdict];
  return { kind: verdict, word, sign };
}
