/** A measure as the page shows it, and the baselines that stand beside it. */
import type { MeasureView } from '../../reports/index.js';
import { type MeasureId, measures } from '../measures/measures.js';

export function measureView(measure: MeasureId): MeasureView {
  const { label, axis, higherIsBetter } = measures[measure];
  return { metric: label, axis, higherIsBetter };
}

/** The baselines of a measure with their labels; none unless it is an accuracy. */
export function baselinesOf(measure: MeasureId): readonly { readonly label: string; readonly measure: MeasureId }[] {
  switch (measure) {
    case 'accuracy':
      return baselines('baseline/majority', 'baseline/blind');
    case 'accuracy/yes-no':
      return baselines('baseline/majority/yes-no', 'baseline/blind/yes-no');
    case 'accuracy/open':
      return baselines('baseline/majority/open', 'baseline/blind/open');
    default:
      return [];
  }
}

function baselines(majority: MeasureId, blind: MeasureId) {
  return [
    { label: 'majority answer', measure: majority },
    { label: 'question-only (blind) baseline', measure: blind },
  ];
}
