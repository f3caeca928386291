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
  'ruled-out': {
    word: 'Ruled out',
    sign: '−',
    meaning:
      'In this experiment a benefit as large as the margin that the suite chose is excluded; the effect is not shown to be the opposite.',
  },
  contradicted: {
    word: 'Contradicted',
    sign: '✗',
    meaning: 'In this experiment the effect is the opposite of the claim.',
  },
  inconclusive: {
    word: 'Inconclusive',
    sign: '?',
    meaning: 'The data neither support the claim nor speak against it.',
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
