/**
 * The lines of a loss chart: each seed's points and, per arm, their mean where all seeds have a point. Long curves are averaged within
 * windows of steps, never across a stage boundary, so that a page of long runs stays small.
 */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { mean, stageAt } from '../derived-numbers.js';
import type { LossCurveView } from '../finding-report-view.js';

/** Most points of one line. */
const LONGEST_LINE = 120;

export type LossPoint = readonly [step: number, loss: number];

interface ArmLossLines {
  readonly style: ArmStyle;
  readonly seeds: readonly (readonly LossPoint[])[];
  readonly mean: readonly LossPoint[];
}

export interface LossLines {
  readonly arms: readonly ArmLossLines[];
  /** Most steps that one point averages here; 0 if the points are those of the view. */
  readonly window: number;
}

export interface LossLinesOptions {
  readonly curves: readonly LossCurveView[];
  readonly styles: ReadonlyMap<string, ArmStyle>;
  readonly stages: LossCurveView['stages'];
  /** Index of the only stage to draw; all by default. */
  readonly only?: number | undefined;
}

export function lossLines({ curves, styles, stages, only }: LossLinesOptions): LossLines {
  const drawn = curves.map(({ arm, points }) => ({
    arm,
    points: points
      .map(({ step, loss }) => ({ step, loss, stage: stageAt(stages, step) }))
      .filter(({ stage }) => only === undefined || stage === only),
  }));
  const longest = Math.max(0, ...drawn.map(({ points }) => points.length));
  const shown = only === undefined ? stages : stages.slice(only, only + 1);
  const span = (shown.at(-1)?.to ?? 0) - (shown[0]?.from ?? 0);
  const window = longest > LONGEST_LINE ? Math.max(1, Math.ceil(span / LONGEST_LINE)) : 0;
  const ids = [...new Set([...styles.keys(), ...curves.map((curve) => curve.arm)])];
  const arms = ids.flatMap((id) => {
    const seeds = drawn
      .filter(({ arm, points }) => arm === id && points.length > 0)
      .map(({ points }) => windowMeans(points, stages, window));
    return seeds.length === 0
      ? []
      : [{ style: styleOf(styles, id), seeds: seeds.map((points) => [...points.values()]), mean: meanOfSeeds(seeds) }];
  });
  return { arms, window };
}

type Windows = ReadonlyMap<string, LossPoint>;

function meanOfSeeds(seeds: readonly Windows[]): LossPoint[] {
  return [...(seeds[0]?.keys() ?? [])].flatMap((key) => {
    const points = seeds.map((seed) => seed.get(key)).filter((point) => point !== undefined);
    if (points.length < seeds.length) return [];
    return [[mean(points.map(([step]) => step)), mean(points.map(([, loss]) => loss))] as const];
  });
}

function windowMeans(
  points: readonly { readonly step: number; readonly loss: number; readonly stage: number }[],
  stages: LossCurveView['stages'],
  window: number,
): Windows {
  const sums = new Map<string, { steps: number; losses: number; count: number }>();
  for (const { step, loss, stage } of points) {
    const place = window === 0 ? step : Math.floor((step - (stages[stage]?.from ?? 0)) / window);
    const sum = sums.get(`${stage}:${place}`) ?? { steps: 0, losses: 0, count: 0 };
    sum.steps += step;
    sum.losses += loss;
    sum.count += 1;
    sums.set(`${stage}:${place}`, sum);
  }
  return new Map([...sums].map(([key, { steps, losses, count }]) => [key, [steps / count, losses / count]]));
}
