/**
 * Scores over a factor whose levels are numbers: the dose-response of alignment, the learning curve over training data. One line for
 * every combination of the other factors' levels.
 */
import type { ResponseView } from '../../reports/index.js';
import { measureBounds } from '../measures/measure-bounds.js';
import type { MeasureId } from '../measures/measures.js';
import type { Reproduction } from '../records/reproduction.js';
import { measuredArms, type PlacedRun } from '../verdict/placed-runs.js';
import { meanInterval } from './mean-interval.js';
import { measureView } from './measure-views.js';
import { armBaselines } from './score-tables.js';

type Arm = Reproduction['arms'][number];
type Factor = Reproduction['suite']['factors'][string];

/** Values further apart than this are drawn on a logarithmic axis, if all are above 0. */
const widestLinearRatio = 10;

export function responseViews(
  reproduction: Reproduction,
  runs: readonly PlacedRun[],
  { responding, level }: { readonly responding: readonly MeasureId[]; readonly level: number },
): readonly ResponseView[] {
  const numeric = Object.entries(reproduction.suite.factors).filter(([, { levels }]) => {
    const values = Object.values(levels).map(({ value }) => value);
    return values.length > 1 && values.every((value) => value !== undefined);
  });
  return numeric.flatMap(([id, factor]) =>
    responding.map((measure) => responseView(measure, { id, ...factor }, { reproduction, runs, level })),
  );
}

function responseView(
  measure: MeasureId,
  factor: Factor & { readonly id: string },
  { reproduction, runs, level }: { reproduction: Reproduction; runs: readonly PlacedRun[]; level: number },
): ResponseView {
  const { scores } = measuredArms(
    runs.filter(({ result }) => result.scores[measure] !== undefined),
    measure,
  );
  const lines = linesOver(factor, reproduction).map(({ label, arms }) => ({
    label,
    points: arms.flatMap(({ arm, x, xText }) => {
      const seeds = scores.get(arm);
      if (seeds === undefined) return [];
      const values = seeds.map(({ value }) => value);
      return [{ arm, x, xText, ...meanInterval(values, level, measureBounds(measure)), seeds }];
    }),
  }));
  const drawn = lines.filter(({ points }) => points.length > 0);
  const values = Object.values(factor.levels).map(({ value }) => value!);
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return {
    ...measureView(measure),
    xLabel: factor.label,
    xScale: least > 0 && greatest / least > widestLinearRatio ? 'logarithmic' : 'linear',
    series: drawn.map(({ label, points }) => ({ label, points: points.map(({ arm: _, ...point }) => point) })),
    references: references(
      drawn.map(({ label, points }) => ({
        label,
        points: points.map(({ arm, x }) => ({ x, baselines: armBaselines(runs, measure, arm) })),
      })),
    ),
  };
}

/** The arms along the factor, from its least value to its greatest, for each combination of the other factors. */
function linesOver(
  { id, levels }: Factor & { readonly id: string },
  { suite, arms }: Reproduction,
): readonly { readonly label: string; readonly arms: readonly { arm: string; x: number; xText: string }[] }[] {
  const lines = new Map<string, Arm[]>();
  for (const arm of arms) {
    const others = Object.entries(arm.levels).filter(([factor]) => factor !== id);
    const label = others.map(([factor, level]) => suite.factors[factor]!.levels[level]!.label).join(', ');
    lines.set(label, [...(lines.get(label) ?? []), arm]);
  }
  return [...lines].map(([label, members]) => ({
    label: label === '' ? 'all arms' : label,
    arms: members
      .map((arm) => {
        const { value, label: xText } = levels[arm.levels[id]!]!;
        return { arm: arm.id, x: value!, xText };
      })
      .sort((left, right) => left.x - right.x),
  }));
}

/** Baselines along the axis; where the lines differ in them, each line has its own. */
function references(
  lines: readonly {
    readonly label: string;
    readonly points: readonly { readonly x: number; readonly baselines: ReturnType<typeof armBaselines> }[];
  }[],
): ResponseView['references'] {
  const labels = [
    ...new Set(lines.flatMap(({ points }) => points.flatMap((point) => point.baselines.map((b) => b.label)))),
  ];
  return labels.flatMap((baseline) => {
    const byLine = lines.map(({ label, points }) => ({
      label,
      points: points.flatMap(({ x, baselines }) => {
        const value = baselines.find((candidate) => candidate.label === baseline)?.value;
        return value === undefined ? [] : [{ x, value }];
      }),
    }));
    const drawn = byLine.filter(({ points }) => points.length > 0);
    const distinct = new Set(drawn.map(({ points }) => JSON.stringify(points)));
    if (distinct.size === 1) return [{ label: baseline, points: drawn[0]!.points }];
    return drawn.map(({ label, points }) => ({ label: `${baseline} (${label})`, points }));
  });
}
