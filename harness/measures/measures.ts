/** The measures that a run can be judged by: their names in suites and results, and how reports show them. */

import { FORCED_GROUPS, type ForcedGroup, forcedTexts } from './forced-groups.js';

export const measureIds = [
  'CIDEr-D/ai-captions',
  'CIDEr-D/human-captions',
  'accuracy',
  'accuracy/yes-no',
  'accuracy/open',
  'validation-loss/human-captions',
  'validation-loss/ai-captions',
  'validation-loss/questions',
  'validation-area/captions',
  'validation-area/human-captions',
  'validation-area/ai-captions',
  'validation-area/questions',
  'convergence/steps-to-90',
  'convergence/tokens-to-90',
  'convergence/area',
  'baseline/constant-caption/ai-captions',
  'baseline/constant-caption/human-captions',
  'baseline/exchanged-images/ai-captions',
  'baseline/exchanged-images/human-captions',
  'baseline/majority',
  'baseline/majority/yes-no',
  'baseline/majority/open',
  'baseline/blind',
  'baseline/blind/yes-no',
  'baseline/blind/open',
  ...FORCED_GROUPS.map((group) => `exact-match/${group}` as const),
  ...FORCED_GROUPS.map((group) => `answer-loss/${group}` as const),
] as const;

export type MeasureId = (typeof measureIds)[number];

/** What a run scored, each measure with how it was computed. */
export type Scores = Partial<Record<MeasureId, { value: number; signature: string }>>;

export interface Measure {
  readonly label: string;
  /** Unit or scale, for an axis. */
  readonly axis: string;
  readonly higherIsBetter: boolean;
}

export const measures: Readonly<Record<MeasureId, Measure>> = {
  'CIDEr-D/ai-captions': cider('detailed captions'),
  'CIDEr-D/human-captions': cider('human-style captions'),
  accuracy: { label: 'answer accuracy', axis: 'accuracy (0–1)', higherIsBetter: true },
  'accuracy/yes-no': { label: 'yes/no accuracy', axis: 'accuracy (0–1)', higherIsBetter: true },
  'accuracy/open': { label: 'open-answer accuracy', axis: 'accuracy (0–1)', higherIsBetter: true },
  'validation-loss/human-captions': validationLoss('human captions'),
  'validation-loss/ai-captions': validationLoss('AI captions'),
  'validation-loss/questions': validationLoss('questions'),
  'validation-area/captions': validationArea('captions of both kinds'),
  'validation-area/human-captions': validationArea('human captions'),
  'validation-area/ai-captions': validationArea('AI captions'),
  'validation-area/questions': validationArea('answers'),
  'convergence/steps-to-90': { label: 'steps to 90 % of its own loss reduction', axis: 'steps', higherIsBetter: false },
  'convergence/tokens-to-90': {
    label: 'tokens to 90 % of its own loss reduction',
    axis: 'answer tokens',
    higherIsBetter: false,
  },
  'convergence/area': {
    label: 'area under the normalised loss curve',
    axis: 'share of the reduction still to come (0–1)',
    higherIsBetter: false,
  },
  'baseline/constant-caption/ai-captions': captionBaseline('best constant caption', 'detailed captions'),
  'baseline/constant-caption/human-captions': captionBaseline('best constant caption', 'human-style captions'),
  'baseline/exchanged-images/ai-captions': captionBaseline('captions of other images', 'detailed captions'),
  'baseline/exchanged-images/human-captions': captionBaseline('captions of other images', 'human-style captions'),
  'baseline/majority': baseline('majority answer', 'accuracy'),
  'baseline/majority/yes-no': baseline('majority answer', 'yes/no accuracy'),
  'baseline/majority/open': baseline('majority answer', 'open-answer accuracy'),
  'baseline/blind': baseline('question-only (blind) baseline', 'accuracy'),
  'baseline/blind/yes-no': baseline('question-only (blind) baseline', 'yes/no accuracy'),
  'baseline/blind/open': baseline('question-only (blind) baseline', 'open-answer accuracy'),
  ...forced('exact-match', (texts) => ({
    label: `exact match of ${texts}`,
    axis: 'share with every token ranked first (0–1)',
    higherIsBetter: true,
  })),
  ...forced('answer-loss', (texts) => ({
    label: `loss of ${texts}`,
    axis: 'nats per answer',
    higherIsBetter: false,
  })),
};

/** A family of measures with one member per group of references. */
function forced<Family extends string>(
  family: Family,
  measure: (texts: string) => Measure,
): Readonly<Record<`${Family}/${ForcedGroup}`, Measure>> {
  const entries = FORCED_GROUPS.map((group) => [`${family}/${group}`, measure(forcedTexts(group))]);
  return Object.fromEntries(entries) as Record<`${Family}/${ForcedGroup}`, Measure>;
}

function cider(captions: string): Measure {
  return { label: `CIDEr-D of ${captions}`, axis: 'CIDEr-D (0–10)', higherIsBetter: true };
}

function validationLoss(source: string): Measure {
  return { label: `validation loss on ${source}`, axis: 'nats per answer token', higherIsBetter: false };
}

function validationArea(source: string): Measure {
  return {
    label: `area under the validation loss of ${source}`,
    axis: 'share of the loss of a uniform guess',
    higherIsBetter: false,
  };
}

function captionBaseline(which: string, captions: string): Measure {
  return { label: `CIDEr-D of the ${which}, against ${captions}`, axis: 'CIDEr-D (0–10)', higherIsBetter: true };
}

function baseline(answer: string, accuracy: string): Measure {
  return { label: `${accuracy} of the ${answer}`, axis: 'accuracy (0–1)', higherIsBetter: true };
}
