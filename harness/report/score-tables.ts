/** Every reported measure of every arm: mean and t interval over seeds, and what the baselines get on the same questions. */
import type { ScoreTableView } from '../../reports/index.js';
import { measureBounds } from '../measures/measure-bounds.js';
import type { MeasureId } from '../measures/measures.js';
import { armIds, measuredArms, type PlacedRun } from '../verdict/placed-runs.js';
import { meanInterval } from './mean-interval.js';
import { baselinesOf, measureView } from './measure-views.js';

/**
 * @param level of the intervals
 * @throws UserError `score-invalid` when runs were scored in different ways
 */
export function scoreTables(
  runs: readonly PlacedRun[],
  reported: readonly MeasureId[],
  level: number,
): readonly ScoreTableView[] {
  return reported.map((measure) => {
    // A claim may be about some arms only, and the others may lack its measure.
    const measured = runs.filter(({ result }) => result.scores[measure] !== undefined);
    const { scores } = measuredArms(measured, measure);
    return {
      ...measureView(measure),
      arms: [...scores].map(([arm, seeds]) => {
        const values = seeds.map(({ value }) => value);
        return { arm, seeds, ...meanInterval(values, level, measureBounds(measure)) };
      }),
      baselines: armIds(measured).flatMap((arm) => armBaselines(runs, measure, arm).map((line) => ({ ...line, arm }))),
    };
  });
}

/** Means over the seeds of an arm: which training questions a baseline counts may depend on the seed. */
export function armBaselines(
  runs: readonly PlacedRun[],
  measure: MeasureId,
  arm: string,
): readonly { readonly label: string; readonly value: number }[] {
  return baselinesOf(measure).flatMap(({ label, measure: baseline }) => {
    const values = runs.flatMap((run) => (run.arm === arm ? (run.result.scores[baseline]?.value ?? []) : []));
    return values.length === 0 ? [] : [{ label, value: meanInterval(values, 0.5).mean }];
  });
}
