/** One measure of all runs as paired seeds; scores that were computed differently are refused, never compared. */
import type { PairedSeedsView } from '../../reports/index.js';
import { UserError } from '../errors.js';
import type { RunResult } from '../records/result.js';
import { type MeasureId, measures } from '../run/measures.js';
import { type PairedStatistics, pairedStatistics } from '../statistics/paired-seeds.js';

export interface ArmResults {
  readonly seed: number;
  readonly treatment: RunResult;
  readonly control: RunResult;
}

export interface PairedMeasure {
  readonly statistics: PairedStatistics;
  readonly signature: string;
}

/** @throws UserError `score-invalid` for a missing score or differing signatures */
export function pairMeasure(results: readonly ArmResults[], measure: MeasureId, alpha: number): PairedMeasure {
  const scores = results
    .flatMap(({ treatment, control }) => [treatment, control])
    .map(({ runId, scores }) => {
      const score = scores[measure];
      if (score !== undefined) return score;
      throw new UserError({
        code: 'score-invalid',
        what: `the run has no score ${measure}`,
        where: `run ${runId}`,
        mend: 'choose a metric in the suite that its data set can be scored by',
      });
    });
  const signature = scores[0]!.signature;
  const other = scores.find((score) => score.signature !== signature);
  if (other !== undefined) {
    throw new UserError({
      code: 'score-invalid',
      what: `the scores ${measure} were computed in different ways: ${other.signature}`,
      expected: signature,
      mend: 'run again with one version of vlm-bench for all runs',
    });
  }
  const pairs = results.map(({ seed }, index) => ({
    seed,
    treatment: scores[2 * index]!.value,
    control: scores[2 * index + 1]!.value,
  }));
  return { statistics: pairedStatistics(pairs, { alpha }), signature };
}

export function pairedSeedsView(measure: MeasureId, { statistics, signature }: PairedMeasure): PairedSeedsView {
  const { degenerate: _, ...numbers } = statistics;
  const { label, axis, higherIsBetter } = measures[measure];
  return { metric: label, axis, higherIsBetter, ...numbers, signature };
}

/** The measures of the model that every run has, in the order in which they are declared. */
export function sharedMeasures(results: readonly ArmResults[]): readonly MeasureId[] {
  return (Object.keys(measures) as MeasureId[]).filter(
    (measure) =>
      !measure.startsWith('baseline/') &&
      results.every(({ treatment, control }) => treatment.scores[measure] && control.scores[measure]),
  );
}
