/**
 * A margin from A/A runs: systems that ought not to differ, such as one recipe trained with several seeds. k systems hold k − 1
 * independent differences; they are taken as Helmert contrasts, scaled so that each varies as the difference of two systems does.
 */
import { UserError } from '../errors.js';
import { type CalibrationOptions, type GateCalibration, gateCalibration } from '../statistics/gate-calibration.js';
import { meanScore } from '../systems/replicate-means.js';
import { requireComparable } from '../systems/require-comparable.js';
import type { System } from '../systems/system.js';
import { requireMetric } from './required-metric.js';

export interface CalibrationResult extends GateCalibration {
  readonly schemaVersion: 1;
  readonly metric: string;
  readonly margin: number;
  readonly systems: readonly { readonly label: string; readonly score: number }[];
}

/**
 * @param metric by default the first of the first system
 * @throws UserError for fewer than two systems, systems that cannot be compared, or equal scores, from which no margin follows
 */
export function calibrateGate(
  systems: readonly System[],
  { metric, ...options }: CalibrationOptions & { readonly metric?: string } = {},
): CalibrationResult {
  if (systems.length < 2) {
    throw new UserError(
      {
        code: 'usage',
        what: 'calibration needs at least two systems',
        expected: 'several systems that ought not to differ, such as runs of one recipe with other seeds',
        fix: 'name each of them as an argument of its own; paths joined by commas are one system',
      },
      { exitCode: 2 },
    );
  }
  const [first, ...rest] = systems;
  const name = metric ?? first!.metrics[0]!.name;
  const compared = [first!, ...rest].map((system) => ({
    label: system.label,
    metric: requireMetric(system, name, system.label),
  }));
  for (const other of compared.slice(1)) requireComparable(compared[0]!, other);
  const scored = compared.map(({ label, metric: one }) => ({ label, score: meanScore(one) }));
  const { margin, ...calibration } = gateCalibration(contrasts(scored.map(({ score }) => score)), options);
  if (margin === undefined) {
    throw new UserError({
      code: 'score-invalid',
      what: 'the A/A systems do not differ at all, so no margin follows from them',
      expected: 'runs that differ by chance, for example in their seed',
      fix: 'name runs trained with other seeds; for one fixed checkpoint, choose the smallest loss that matters to you',
    });
  }
  return { schemaVersion: 1, metric: name, margin, systems: scored, ...calibration };
}

/** Each contrast has the variance of a difference of two scores, and they are uncorrelated. */
function contrasts(scores: readonly number[]): readonly number[] {
  let mean = scores[0]!;
  return scores.slice(1).map((score, index) => {
    const count = index + 1;
    const contrast = (score - mean) * Math.sqrt((2 * count) / (count + 1));
    mean += (score - mean) / (count + 1);
    return contrast;
  });
}
