/** The normalised loss curve of every run that has one. */
import type { ConvergenceView } from '../../reports/index.js';
import { convergenceCurve } from '../measures/convergence.js';
import type { PlacedRun } from '../verdict/placed-runs.js';

export function convergenceViews(runs: readonly PlacedRun[]): readonly ConvergenceView[] {
  return runs.flatMap(({ arm, seed, events, identity }) => {
    const curve = convergenceCurve(events, identity.config);
    if (curve === undefined) return [];
    const { area: _, ...shown } = curve;
    return [{ arm, seed, ...shown }];
  });
}
