/**
 * The numbers that the page shows and the view does not hold: the mean score of each arm, the losses at the start and end of each
 * stage, the spread of the times to converge.
 * The page and `report.json` take them from here, so that they cannot differ.
 */
import type { ConvergenceView, FindingReportView, LossCurveView, PairedSeedsView } from './finding-report-view.js';

export interface DerivedNumbers {
  /** Mean score over the seeds, per measure. */
  readonly armMeans: readonly { readonly metric: string; readonly treatment: number; readonly control: number }[];
  readonly stageLosses: readonly StageLosses[];
  /** Per arm, over its seeds. */
  readonly convergence: readonly {
    readonly arm: string;
    readonly seeds: number;
    readonly steps: Spread;
    readonly tokens: Spread;
  }[];
}

interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly greatest: number;
}

/** Mean over an arm's seeds of the first and the last loss recorded within one stage. */
interface StageLosses {
  readonly kind: LossCurveView['kind'];
  readonly source: string;
  readonly stage: string;
  readonly arm: string;
  readonly seeds: number;
  readonly first: number;
  readonly last: number;
}

export function deriveNumbers(view: FindingReportView): DerivedNumbers {
  return {
    armMeans: [...pairedClaims(view), ...view.secondary].map((measure) => ({
      metric: measure.metric,
      ...armMeans(measure),
    })),
    stageLosses: stageLosses(view.curves),
    convergence: convergence(view.convergence),
  };
}

/** The paired evidence of the claims, in their order. */
function pairedClaims({ claims }: FindingReportView): readonly PairedSeedsView[] {
  return claims.flatMap(({ evidence }) => (evidence.test === 'paired' ? [evidence.pairs] : []));
}

/** @returns the mean over the seeds of each arm's score. */
export function armMeans({ pairs }: PairedSeedsView): { readonly treatment: number; readonly control: number } {
  return { treatment: mean(pairs.map((pair) => pair.treatment)), control: mean(pairs.map((pair) => pair.control)) };
}

function convergence(curves: readonly ConvergenceView[]): DerivedNumbers['convergence'] {
  return [...new Set(curves.map(({ arm }) => arm))].map((arm) => {
    const own = curves.filter((curve) => curve.arm === arm);
    return {
      arm,
      seeds: own.length,
      steps: spread(own.map(({ stepsToThreshold }) => stepsToThreshold)),
      tokens: spread(own.map(({ tokensToThreshold }) => tokensToThreshold)),
    };
  });
}

function spread(values: readonly number[]): Spread {
  return { mean: mean(values), least: Math.min(...values), greatest: Math.max(...values) };
}

/** @returns the arithmetic mean, NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @returns the index of the first stage that ends at `step` or later; a step after all of them belongs to the last. */
export function stageAt(stages: LossCurveView['stages'], step: number): number {
  const index = stages.findIndex(({ to }) => step <= to);
  return index < 0 ? stages.length - 1 : index;
}

function stageLosses(curves: readonly LossCurveView[]): StageLosses[] {
  const groups = new Map<
    string,
    { readonly curve: LossCurveView; readonly stage: string; readonly first: number[]; readonly last: number[] }
  >();
  for (const curve of curves) {
    for (const [index, { name }] of curve.stages.entries()) {
      const points = curve.points.filter(({ step }) => stageAt(curve.stages, step) === index);
      const first = points[0];
      const last = points.at(-1);
      if (first === undefined || last === undefined) continue;
      const key = JSON.stringify([curve.kind, curve.source ?? '', name, curve.arm]);
      const group = groups.get(key) ?? { curve, stage: name, first: [], last: [] };
      group.first.push(first.loss);
      group.last.push(last.loss);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ curve, stage, first, last }) => ({
    kind: curve.kind,
    source: curve.source ?? '',
    stage,
    arm: curve.arm,
    seeds: first.length,
    first: mean(first),
    last: mean(last),
  }));
}
