/** Loss curves: training and validation apart; the whole run, then each training stage on its own scale. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { renderLossChart } from '../charts/loss-chart.js';
import type { DerivedNumbers } from '../derived-numbers.js';
import type { LossCurveView } from '../finding-report-view.js';
import { formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';

const PANEL = { width: 400, height: 250 };
const WIDE = { width: 860, height: 300 };
const SMALL = { width: 300, height: 220 };

type Styles = ReadonlyMap<string, ArmStyle>;

/** Empty `groups` mean that no run recorded a loss. */
/** With more arms than this, one chart of all seeds is a tangle: each arm gets a small chart of its own. */
const MOST_ARMS_TOGETHER = 4;

/** Empty `groups` mean that no run recorded a loss. */
export function curvesSection(curves: readonly LossCurveView[], styles: Styles, derived: DerivedNumbers) {
  const drawn = curves.filter((curve) => curve.points.length > 0 && curve.stages.length > 0);
  const training = drawn.filter((curve) => curve.kind === 'training');
  const validation = drawn.filter((curve) => curve.kind === 'validation');
  const arms = [...new Set(drawn.map(({ arm }) => arm))];
  const many = arms.length > MOST_ARMS_TOGETHER;
  const apart = many || (arms.length > 1 && !sameStages(drawn));
  const groups = [
    apart ? armsGroup(training, arms, styles) : trainingGroup(training, styles),
    validationGroup(validation, styles, many),
  ];
  return {
    groups: groups.filter(({ panels, wide }) => panels.length + wide.length > 0),
    armKey: arms.map((arm) => styleOf(styles, arm)),
    stages: sharedStages(drawn),
    rows: derived.stageLosses.map((row) => ({
      kind: row.kind,
      source: row.source,
      stage: row.stage,
      arm: styleOf(styles, row.arm).label,
      seeds: row.seeds,
      first: formatFixed(row.first, 3),
      last: formatFixed(row.last, 3),
    })),
  };
}

/** The stages by number, where all arms have the same ones; arms of other stages name their own in their charts. */
function sharedStages(curves: readonly LossCurveView[]) {
  const [first] = curves;
  if (first === undefined || !sameStages(curves)) return [];
  return first.stages.map(({ name }, index) => ({ number: index + 1, name }));
}

function sameStages(curves: readonly LossCurveView[]): boolean {
  const described = new Set(
    curves.map(({ stages }) => JSON.stringify(stages.map(({ name, from, to }) => [name, from, to]))),
  );
  return described.size <= 1;
}

function armsGroup(curves: readonly LossCurveView[], arms: readonly string[], styles: Styles) {
  const losses = curves.flatMap(({ points }) => points.map(({ loss }) => loss));
  const range = [Math.min(...losses), Math.max(...losses)];
  const charts = arms.flatMap((arm, index) => {
    const own = curves.filter((curve) => curve.arm === arm);
    const stages = own[0]?.stages ?? [];
    if (stages.length === 0) return [];
    const title = `Training loss: ${singleLineText(styleOf(styles, arm).label, 80)}`;
    const chart = renderLossChart({
      id: `training-arm-${index + 1}`,
      title,
      curves: own,
      styles,
      stages,
      losses: range,
      width: SMALL.width,
      height: SMALL.height,
    });
    return [{ title: styleOf(styles, arm).label, svg: chart.svg, window: chart.window }];
  });
  const window = Math.max(0, ...charts.map((chart) => chart.window));
  return {
    title: 'Training loss',
    note: window === 0 ? '' : `A point averages up to ${window} steps.`,
    shared: true,
    small: true,
    wide: [],
    panels: charts,
  };
}

function trainingGroup(curves: readonly LossCurveView[], styles: Styles) {
  const stages = commonStages(curves);
  const frame = { title: 'Training loss', shared: false, small: false };
  if (stages.length === 0) return { ...frame, note: '', wide: [], panels: [] };
  const chart = (name: string, title: string, only: number | undefined, size: typeof PANEL) => {
    const { svg, window } = renderLossChart({ id: `training-${name}`, title, curves, styles, stages, only, ...size });
    return { title, svg, window };
  };
  const wide = chart('whole-wide', 'Training loss over the whole run', undefined, WIDE);
  const narrow = chart('whole-narrow', 'Training loss over the whole run', undefined, { width: 400, height: 280 });
  const panels = stages.map((stage, index) =>
    chart(`stage-${index + 1}`, `Stage ${index + 1}, ${singleLineText(stage.name, 40)}: training loss`, index, PANEL),
  );
  return {
    ...frame,
    note:
      wide.window === 0
        ? ''
        : `A point of the whole run averages up to ${wide.window} steps, a point of a stage fewer.`,
    wide: [{ title: wide.title, wide: wide.svg, narrow: narrow.svg }],
    panels: stages.length > 1 ? panels : [],
  };
}

function validationGroup(curves: readonly LossCurveView[], styles: Styles, meansOnly: boolean) {
  const sources = [...new Set(curves.map((curve) => curve.source ?? ''))];
  const panels = sources.map((source, index) => {
    const own = curves.filter((curve) => (curve.source ?? '') === source);
    const title = `Validation loss${source === '' ? '' : `: ${singleLineText(source, 60)}`}`;
    const { svg } = renderLossChart({
      id: `validation-${index + 1}`,
      title,
      curves: own,
      styles,
      stages: commonStages(own),
      seeds: !meansOnly,
      ...PANEL,
      height: 280,
    });
    return { title, svg };
  });
  return {
    title: 'Validation loss',
    note: `Measured on held-out samples, never trained on.${meansOnly ? ' Means over the seeds.' : ''}`,
    shared: false,
    small: false,
    wide: [],
    panels,
  };
}

/** The stages of all curves, or else one nameless stretch as long as the longest. */
function commonStages(curves: readonly LossCurveView[]): LossCurveView['stages'] {
  const [first] = curves;
  if (first === undefined) return [];
  if (sameStages(curves)) return first.stages;
  const ends = curves.flatMap(({ stages }) => stages.flatMap(({ from, to }) => [from, to]));
  return [{ name: '', from: Math.min(...ends), to: Math.max(...ends) }];
}
