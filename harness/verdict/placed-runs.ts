/** The finished runs of a reproduction with their places in the plan, and how one measure is taken from them. */
import { UserError } from '../errors.js';
import type { MeasureId } from '../measures/measures.js';
import type { FinishedTraining } from '../records/run-record.js';

/** One run with its place in the plan. */
export interface PlacedRun extends FinishedTraining {
  readonly arm: string;
  readonly seed: number;
  readonly runId: string;
}

/** What is taken from a run to compare arms: that of a record, or of a pilot. */
export interface MeasuredRun extends Pick<PlacedRun, 'arm' | 'seed' | 'runId'> {
  readonly result: Pick<PlacedRun['result'], 'scores'>;
}

export interface SeedScore {
  readonly seed: number;
  readonly value: number;
}

/** One measure of several arms, computed in one way. */
export interface MeasuredArms {
  /** By arm; each in the order of the runs. */
  readonly scores: ReadonlyMap<string, readonly SeedScore[]>;
  readonly signature: string;
}

/** The ids of the arms that have runs, in the order of their first runs. */
export function armIds(runs: readonly PlacedRun[]): readonly string[] {
  return [...new Set(runs.map(({ arm }) => arm))];
}

/** @throws UserError `score-invalid` for a missing score or differing signatures: such scores are refused, never compared */
export function measuredArms(runs: readonly MeasuredRun[], measure: MeasureId): MeasuredArms {
  const scores = new Map<string, SeedScore[]>();
  let signature: string | undefined;
  for (const { arm, seed, runId, result } of runs) {
    const score = result.scores[measure];
    if (score === undefined) {
      throw new UserError({
        code: 'score-invalid',
        what: `the run has no score ${measure}`,
        where: `run ${runId}`,
        fix: 'choose a metric in the suite that its data set can be scored by',
      });
    }
    signature ??= score.signature;
    if (score.signature !== signature) {
      throw new UserError({
        code: 'score-invalid',
        what: `the scores ${measure} were computed in different ways: ${score.signature}`,
        expected: signature,
        fix: 'run again with one version of vlm-bench for all runs',
      });
    }
    const ofArm = scores.get(arm) ?? [];
    scores.set(arm, ofArm);
    ofArm.push({ seed, value: score.value });
  }
  return { scores, signature: signature ?? '' };
}

/** The runs of some arms, over the seeds that all of these arms have. */
export function runsOfArms<Run extends MeasuredRun>(runs: readonly Run[], arms: readonly string[]): readonly Run[] {
  const seedsOf = (arm: string) => new Set(runs.filter((run) => run.arm === arm).map(({ seed }) => seed));
  const seeds = arms.map(seedsOf);
  return runs.filter(({ arm, seed }) => arms.includes(arm) && seeds.every((ofArm) => ofArm.has(seed)));
}
