/** Which measures of its runs are evidence worth reporting, and in which order: those of its claims first. */
import { type MeasureId, measureIds } from '../measures/measures.js';
import type { Hypothesis } from '../suite/schema.js';
import type { PlacedRun } from './placed-runs.js';

/** What two measures have in common that differ in their texts or questions only: `accuracy` and `accuracy/open`. */
function familyOf(measure: MeasureId): string {
  return measure.split('/')[0]!;
}

/** A measure of the questions about one thing: there are many, so they are shown where a claim is of their family. */
function isAboutTopic(measure: MeasureId): boolean {
  const topic = measure.split('/')[2];
  return familyOf(measure) !== 'baseline' && topic !== undefined && topic !== 'open' && topic !== 'yes-no';
}

/** Whether a suite is about how fast a model learns; only then is convergence shown. */
export function isAboutConvergence(hypotheses: readonly Hypothesis[]): boolean {
  return hypotheses.some(({ metric }) => familyOf(metric) === 'convergence');
}

/** The measures that every one of the runs has, without baselines, which stand beside other measures. */
export function reportedMeasures(runs: readonly PlacedRun[], hypotheses: readonly Hypothesis[]): readonly MeasureId[] {
  const claimed = [...new Set(hypotheses.map(({ metric }) => metric))];
  const convergence = isAboutConvergence(hypotheses);
  const families = new Set(claimed.map(familyOf));
  const others = measureIds.filter(
    (measure) =>
      !claimed.includes(measure) &&
      familyOf(measure) !== 'baseline' &&
      (familyOf(measure) !== 'convergence' || convergence) &&
      (!isAboutTopic(measure) || families.has(familyOf(measure))) &&
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
