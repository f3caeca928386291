/** The measures that a run can be judged by: their names in suites and results, and how reports show them. */

export const measureIds = [
  'CIDEr-D',
  'CIDEr-D/ai-references',
  'accuracy',
  'accuracy/yes-no',
  'accuracy/open',
  'validation-loss/human-captions',
  'validation-loss/ai-captions',
  'validation-loss/questions',
] as const;

export type MeasureId = (typeof measureIds)[number];

export interface Measure {
  readonly label: string;
  /** Unit or scale, for an axis. */
  readonly axis: string;
  readonly higherIsBetter: boolean;
}

export const measures: Readonly<Record<MeasureId, Measure>> = {
  'CIDEr-D': { label: 'CIDEr-D', axis: 'CIDEr-D (0–10)', higherIsBetter: true },
  'CIDEr-D/ai-references': {
    label: 'CIDEr-D against the AI-style captions',
    axis: 'CIDEr-D (0–10)',
    higherIsBetter: true,
  },
  accuracy: { label: 'answer accuracy', axis: 'accuracy (0–1)', higherIsBetter: true },
  'accuracy/yes-no': { label: 'yes/no accuracy', axis: 'accuracy (0–1)', higherIsBetter: true },
  'accuracy/open': { label: 'open-answer accuracy', axis: 'accuracy (0–1)', higherIsBetter: true },
  'validation-loss/human-captions': validationLoss('human captions'),
  'validation-loss/ai-captions': validationLoss('AI captions'),
  'validation-loss/questions': validationLoss('questions'),
};

function validationLoss(source: string): Measure {
  return { label: `validation loss on ${source}`, axis: 'nats per answer token', higherIsBetter: false };
}
