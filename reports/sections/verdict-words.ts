/** How a verdict is written: its word, a sign that does not depend on colour, and what it means in one sentence. */
import type { Verdict, VerdictView } from '../finding-report-view.js';
import { sentenceStart } from '../wording.js';

export const VERDICT_WORDS: Readonly<
  Record<Verdict, { readonly word: string; readonly sign: string; readonly meaning: string }>
> = {
  reproduced: {
    word: 'Reproduced',
    sign: '✓',
    meaning:
      'The claim held in this experiment: the effect has the claimed sign and reaches the margin that the suite chose.',
  },
  contradicted: {
    word: 'Contradicted',
    sign: '✗',
    meaning:
      'In this experiment a benefit as large as the margin that the suite chose is excluded, or the effect is the opposite; the reasons say which.',
  },
  inconclusive: {
    word: 'Inconclusive',
    sign: '?',
    meaning: 'The data neither support nor contradict the claim.',
  },
};

/** What the partial `verdict-chip` prints. */
export function verdictChip(verdict: Verdict) {
  const { word, sign } = VERDICT_WORDS[verdict];
  return { kind: verdict, word, sign };
}

/** @returns the sentence of a verdict as it stands beside the verdict's word, which it then need not begin with. */
export function sentenceBesideWord({ verdict, sentence }: Pick<VerdictView, 'verdict' | 'sentence'>): string {
  const opening = `${VERDICT_WORDS[verdict].word}: `;
  return sentence.startsWith(opening) ? sentenceStart(sentence.slice(opening.length)) : sentence;
}
