/** What the texts are like that the arms learn from: one column per text, one row per statistic. */
import type { TextStatisticsView } from '../finding-report-view.js';
import { decimalsFor, formatCount, formatFixed } from '../numbers.js';

type Statistic = Exclude<keyof TextStatisticsView, 'label'>;

const ROWS: readonly {
  readonly key: Statistic;
  readonly name: string;
  readonly note: string;
  readonly whole?: boolean;
}[] = [
  { key: 'texts', name: 'Texts', note: '', whole: true },
  { key: 'distinctTexts', name: 'Distinct texts', note: '', whole: true },
  { key: 'words', name: 'Words', note: '', whole: true },
  { key: 'wordsPerText', name: 'Words per text', note: 'mean' },
  { key: 'distinctWords', name: 'Distinct words', note: '', whole: true },
  { key: 'typeTokenRatio', name: 'Type–token ratio', note: 'distinct ÷ all, in the first 10,000 words' },
  { key: 'wordEntropy', name: 'Entropy of a word', note: 'bits' },
  { key: 'bigramEntropy', name: 'Entropy given one word before', note: 'bits' },
  { key: 'trigramEntropy', name: 'Entropy given two words before', note: 'bits' },
];

export function textsSection(texts: readonly TextStatisticsView[]) {
  return {
    shown: texts.length > 0,
    columns: texts.map(({ label }) => label),
    rows: ROWS.map(({ key, name, note, whole = false }) => {
      const values = texts.map((text) => text[key]);
      const decimals = decimalsFor(values);
      return { name, note, values: values.map((value) => (whole ? formatCount(value) : formatFixed(value, decimals))) };
    }),
  };
}
