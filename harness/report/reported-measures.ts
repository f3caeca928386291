/** Which measures of its runs a report shows, and in which order: those of its claims first. */
import type { MeasureView } from '../../reports/index.js';
import { type MeasureId, measureIds, measures } from '../measures/measures.js';
import type { Hypothesis } from '../suite/schema.js';
import type { PlacedRun } from '../verdict/placed-runs.js';

/** What two measures have in common that differ in their texts or questions only: `accuracy` and `accuracy/open`. */
function familyOf(measure: MeasureId): string {
  return measure.split('/')[0]!;
}

/** Whether a suite is about how fast a model learns; only then is convergence shown. */
export function isAboutConvergence(hypotheses: readonly Hypothesis[]): boolean {
  return hypotheses.some(({ metric }) => familyOf(metric) === 'convergence');
}

/** The measures that every one of the runs has, without baselines, which stand beside other measures. */
export function reportedMeasures(runs: readonly PlacedRun[], hypotheses: readonly Hypothesis[]): readonly MeasureId[] {
  const claimed = [...new Set(hypotheses.map(({ metric }) => metric))];
  const convergence = isAboutConvergence(hypotheses);
  const others = measureIds.filter(
    (measure) =>
      !claimed.includes(measure) &&
      familyOf(measure) !== 'baseline' &&
      (familyOf(measure) !== 'convergence' || convergence) &&
      runs.every(({ result }) => result.scores[measure] !== undefined),
  );
  return [...claimed, ...others];
}

/** The measures to draw over a factor: those of the claims' families, or, where nothing is claimed, all but losses. */
export function respondingMeasures(
  reported: readonly MeasureId[],
  hypotheses: readonly Hypothesis[],
): readonly MeasureId[] {
  const families = new Set(hypotheses.map(({ metric }) => familyOf(metric)));
  return reported.filter((measure) =>
    families.size === 0 ? familyOf(measure) !== 'validation-loss' : families.has(familyOf(measure)),
  );
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
    { label: 'always the commonest answer to questions of the kind', measure: majority },
    { label: 'the question without the image', measure: blind },
  ];
}

export function measureView(measure: MeasureId): MeasureView {
  const { label, axis, higherIsBetter } = measures[measure];
  return { metric: label, axis, higherIsBetter };
}
