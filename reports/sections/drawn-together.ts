/**
 * Arms whose mean curves cannot be told apart in a chart, drawn and named as one line: nine entries in a key for three visible lines
 * help nobody. Arms that share a stage have equal curves there.
 */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { type LossPoint, lossLines } from '../charts/loss-lines.js';
import type { ArmView, FactorView, LossCurveView } from '../finding-report-view.js';

/** Part of the chart's range of losses: about two pixels. */
const INDISTINGUISHABLE = 0.01;

export interface LinesTogether {
  /** One curve per line. */
  readonly curves: readonly LossCurveView[];
  /** Of the lines, by the arm of their curve. */
  readonly styles: ReadonlyMap<string, ArmStyle>;
  /** Whether any line stands for several arms. */
  readonly merged: boolean;
}

export function drawnTogether(
  curves: readonly LossCurveView[],
  styles: ReadonlyMap<string, ArmStyle>,
  { arms, factors }: { readonly arms: readonly ArmView[]; readonly factors: readonly FactorView[] },
): LinesTogether {
  const [first] = curves;
  if (first === undefined) return { curves: [], styles: new Map(), merged: false };
  const ids = [...new Set(curves.map(({ arm }) => arm))];
  const means = new Map(
    ids.map((arm): [string, readonly LossPoint[]] => {
      const own = curves.filter((curve) => curve.arm === arm);
      return [arm, lossLines({ curves: own, styles, stages: own[0]?.stages ?? first.stages }).arms[0]?.mean ?? []];
    }),
  );
  const losses = [...means.values()].flatMap((points) => points.map(([, loss]) => loss));
  const tolerance = INDISTINGUISHABLE * (Math.max(...losses) - Math.min(...losses));
  const groups: string[][] = [];
  for (const arm of ids) {
    const known = groups.find(([leader = '']) => coincide(means.get(leader) ?? [], means.get(arm) ?? [], tolerance));
    if (known === undefined) groups.push([arm]);
    else known.push(arm);
  }
  return {
    curves: groups.flatMap(([leader = '']) => {
      const curve = curves.find(({ arm }) => arm === leader);
      const points = (means.get(leader) ?? []).map(([step, loss]) => ({ step, loss }));
      return curve === undefined ? [] : [{ ...curve, points }];
    }),
    styles: new Map(
      groups.map((group): [string, ArmStyle] => {
        const [leader = ''] = group;
        const style = { ...styleOf(styles, leader), roleWord: '' };
        if (group.length === 1) return [leader, style];
        return [leader, { ...style, label: sharedName(group, styles, { arms, factors }), dash: [] }];
      }),
    ),
    merged: groups.some(({ length }) => length > 1),
  };
}

function coincide(one: readonly LossPoint[], other: readonly LossPoint[], tolerance: number): boolean {
  return (
    one.length === other.length &&
    one.every(
      ([step, loss], index) => step === other[index]?.[0] && Math.abs(loss - (other[index]?.[1] ?? 0)) <= tolerance,
    )
  );
}

/** The levels that the arms have in common, and how many arms they are; without any, their labels. */
function sharedName(
  group: readonly string[],
  styles: ReadonlyMap<string, ArmStyle>,
  { arms, factors }: { readonly arms: readonly ArmView[]; readonly factors: readonly FactorView[] },
): string {
  const members = arms.filter(({ id }) => group.includes(id));
  const common = factors.flatMap(({ id, levels }) => {
    const [level, ...others] = new Set(members.map((arm) => arm.levels[id]));
    return others.length > 0 ? [] : levels.filter((candidate) => candidate.id === level).map(({ label }) => label);
  });
  if (common.length === 0) return group.map((arm) => styleOf(styles, arm).label).join(' = ');
  return `${common.join(', ')} (${group.length} arms)`;
}
