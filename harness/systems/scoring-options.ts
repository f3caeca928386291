/** The options of `gate` and `compare` that say what predictions are scored against. */
import type { ReadingOptions } from '../score/rows.js';
import type { AnswerLayout } from '../score/score-answers.js';
import type { Scoring } from './from-predictions.js';

export interface ScoringOptions extends ReadingOptions {
  readonly references?: string;
  readonly split?: string;
  readonly df?: string;
  readonly dataset?: AnswerLayout;
}

/** Undefined without references: then only what is scored already can be read. */
export function scoringOf(options: ScoringOptions): Scoring | undefined {
  const { references, split, df, dataset, encoding, format, referencesFormat } = options;
  if (references === undefined) return undefined;
  return {
    references,
    ...(split === undefined ? {} : { split }),
    ...(df === undefined ? {} : { df }),
    ...(dataset === undefined ? {} : { dataset }),
    reading: { encoding, format, referencesFormat },
  };
}
