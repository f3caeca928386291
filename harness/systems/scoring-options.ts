/** The options that say what predictions are scored against, as commands take them, and what they mean. */
import type { AnswerMatch } from '../../metrics/index.js';
import type { AnswerLayout } from '../score/answer-layouts.js';
import type { PairingOptions } from '../score/pair-captions.js';
import { tellOnce } from '../score/print-scores.js';
import type { ReadingOptions } from '../score/rows.js';
import type { Scoring } from './from-predictions.js';

/** How a file of references and one of predictions are paired. */
export interface PairingChoice extends ReadingOptions {
  readonly split?: string;
  readonly imageKey?: string;
  /** Only the images or questions that the predictions name. */
  readonly subset?: true;
}

export interface ScoringOptions extends PairingChoice {
  readonly references?: string;
  readonly df?: readonly string[];
  readonly dataset?: AnswerLayout;
  readonly answerMatch?: AnswerMatch;
}

export function pairingOf(choice: PairingChoice): PairingOptions {
  const { split, imageKey, subset, encoding, format, referencesFormat } = choice;
  return {
    reading: { encoding, format, referencesFormat },
    ...(split === undefined ? {} : { split }),
    ...(imageKey === undefined ? {} : { imageKey }),
    ...(subset === undefined ? {} : { only: 'predicted' }),
  };
}

/** Undefined without references: then only what is scored already can be read. */
export function scoringOf(options: ScoringOptions): Scoring | undefined {
  const { references, df, dataset, answerMatch } = options;
  if (references === undefined) return undefined;
  return {
    references,
    ...pairingOf(options),
    tell: tellOnce(),
    ...(df === undefined ? {} : { df }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(answerMatch === undefined ? {} : { answerMatch }),
  };
}
