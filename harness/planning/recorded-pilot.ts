/** The spread over seeds as earlier records of the same suite show it. */
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { existsAnew } from '../files/seen-anew.js';
import { readReproduction, reproductionFolder } from '../records/reproduction.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedTraining } from '../records/run-record.js';
import { meanOfEffects } from '../statistics/effect-statistics.js';
import type { Plan } from '../suite/plan.js';
import type { Hypothesis } from '../suite/schema.js';
import { evidenceOf } from '../verdict/evidence.js';
import type { Pilot } from './detectable-effects.js';

/**
 * From the finished runs of an earlier reproduction in the store; a smoke run is none.
 * @returns undefined for a hypothesis that was not tested there, or on too few seeds
 * @throws UserError `record-corrupt` for damaged records
 */
export function recordedPilots(store: string, plan: Plan): (hypothesis: Hypothesis) => Pilot | undefined {
  const folder = join(store, reproductionFolder({ ...plan, smoke: false }));
  if (!existsAnew(join(folder, 'reproduction.json'))) return () => undefined;
  const reproduction = readReproduction(folder);
  const runs = reproduction.runs
    .filter(({ runId }) => existsAnew(runPaths(store, runId).result))
    .map((run) => ({ ...run, ...readFinishedTraining(store, run.runId) }));
  return (hypothesis) => {
    const recorded = reproduction.hypotheses.find(({ id }) => id === hypothesis.id);
    if (recorded === undefined || !sameComparison(recorded, hypothesis)) return undefined;
    const evidence = recordedEvidence(recorded);
    if (evidence === undefined || evidence.effects.length < 2) return undefined;
    const { standardDeviation } = meanOfEffects(evidence.effects, evidence.magnitude);
    if (standardDeviation === 0) return undefined;
    const source = `${evidence.effects.length} seeds recorded under ${folder}`;
    return { standardDeviation, source, degreesOfFreedom: evidence.effects.length - 1 };

    function recordedEvidence(stated: Hypothesis) {
      try {
        return evidenceOf(stated, reproduction, runs);
      } catch (error) {
        // Too few seeds have both scores yet, or the scores are of different versions.
        if (error instanceof UserError && error.problems.every(({ code }) => code === 'score-invalid'))
          return undefined;
        throw error;
      }
    }
  };
}

/** Margin and level may have changed since: the effects are the same. */
function sameComparison(left: Hypothesis, right: Hypothesis): boolean {
  const compared = (hypothesis: Hypothesis) =>
    hypothesis.test === 'paired'
      ? [hypothesis.metric, hypothesis.treatment, hypothesis.control]
      : [hypothesis.metric, hypothesis.factor, hypothesis.within ?? {}];
  return canonicalJson(compared(left)) === canonicalJson(compared(right));
}
