/** Loss curves: training and validation apart; the whole run, then each training stage on its own scale. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { renderLossChart } from '../charts/loss-chart.js';
import type { DerivedNumbers } from '../derived-numbers.js';
import type { FindingReportView, LossCurveView } from '../finding-report-view.js';
import { formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { drawnTogether } from './drawn-together.js';

const PANEL = { width: 400, height: 250 };
const WIDE = { width: 860, height: 300 };
const SMALL = { width: 300, height: 220 };

type Styles = ReadonlyMap<string, ArmStyle>;

/** With more arms than this, one chart of all seeds is a tangle: each arm gets a small chart of its own. */
const MOST_ARMS_TOGETHER = 4;

/** Empty `groups` mean that no run recorded a loss. */
export function curvesSection(view: FindingReportView, styles: Styles, derived: DerivedNumbers) {
  const { curves } = view;
  const drawn = curves.filter((curve) => curve.points.length > 0 && curve.stages.length > 0);
  const training = drawn.filter((curve) => curve.kind === 'training');
  const validation = drawn.filter((curve) => curve.kind === 'validation');
  const arms = [...new Set(drawn.map(({ arm }) => arm))];
  const many = arms.length > MOST_ARMS_TOGETHER;
  const apart = many || (arms.length > 1 && !sameStages(drawn));
  const groups = [
    apart ? armsGroup(training, arms, styles) : trainingGroup(training, styles),
    validationGroup(validation, styles, many ? view : undefined),
  ];
  return {
    groups: groups.filter(({ panels, wide }) => panels.length + wide.length > 0),
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

const SEEDS_AND_MEAN = 'Thin lines are seeds, thick lines their mean.';

/** What the dotted lines of a group's charts are; nothing where none of them has any. */
function stageLinesSentence(curves: readonly LossCurveView[]): string {
  if (!curves.some(({ stages }) => stages.length > 1)) return '';
  const [first] = curves;
  // Arms of other stages name their own in their charts.
  if (first === undefined || !sameStages(curves)) return 'Dotted vertical lines start a stage.';
  const names = first.stages.map(({ name }, index) => `${index + 1}\u00a0${singleLineText(name, 40)}`);
  return `Dotted vertical lines start a stage: ${names.join(', ')}.`;
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
  const upTo = Math.max(...curves.flatMap(({ stages }) => stages.map(({ to }) => to)));
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
      upTo,
      width: SMALL.width,
      height: SMALL.height,
    });
    return [{ title: styleOf(styles, arm).label, svg: chart.svg, window: chart.window }];
  });
  const window = Math.max(0, ...charts.map((chart) => chart.window));
  return {
    title: 'Training loss',
    notes: [
      SEEDS_AND_MEAN,
      stageLinesSentence(curves),
      window === 0 ? '' : `A point averages up to ${window} steps.`,
      'All panels have the same axes; the vertical one need not start at zero.',
    ].filter(isSaid),
    armKey: [],
    small: true,
    wide: [],
    panels: charts.map((chart) => ({ ...chart, armKey: [] })),
  };
}

function trainingGroup(curves: readonly LossCurveView[], styles: Styles) {
  const stages = commonStages(curves);
  const arms = [...new Set(curves.map(({ arm }) => arm))];
  const frame = { title: 'Training loss', small: false, armKey: arms.map((arm) => styleOf(styles, arm)) };
  if (stages.length === 0) return { ...frame, notes: [], wide: [], panels: [] };
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
    notes: [
      SEEDS_AND_MEAN,
      stageLinesSentence(curves),
      wide.window === 0
        ? ''
        : `A point of the whole run averages up to ${wide.window} steps, a point of a stage fewer.`,
      OWN_AXES,
    ].filter(isSaid),
    wide: [{ title: wide.title, wide: wide.svg, narrow: narrow.svg }],
    panels: stages.length > 1 ? panels.map((panel) => ({ ...panel, armKey: [] })) : [],
  };
}

/** @param many the view where it has so many arms that the means alone are drawn, and those that coincide as one line */
function validationGroup(curves: readonly LossCurveView[], styles: Styles, many: FindingReportView | undefined) {
  const sources = [...new Set(curves.map((curve) => curve.source ?? ''))];
  const bySource = sources.map((source) => curves.filter((curve) => (curve.source ?? '') === source));
  const panels = bySource.map((own, index) => {
    const source = sources[index] ?? '';
    const title = `Validation loss${source === '' ? '' : `: ${singleLineText(source, 60)}`}`;
    const lines = many === undefined ? undefined : drawnTogether(own, styles, many);
    const { svg } = renderLossChart({
      id: `validation-${index + 1}`,
      title,
      curves: lines?.curves ?? own,
      styles: lines?.styles ?? styles,
      stages: commonStages(own),
      seeds: many === undefined,
      ...PANEL,
      height: 280,
    });
    return { title, svg, merged: lines?.merged ?? false, lines: [...(lines?.styles.values() ?? [])] };
  });
  const arms = [...new Set(curves.map(({ arm }) => arm))];
  // Panels with other lines have a key of their own.
  const ownKeys = panels.some(({ merged }) => merged);
  return {
    title: 'Validation loss',
    notes: [
      many === undefined ? SEEDS_AND_MEAN : 'Lines are means over the seeds.',
      ownKeys
        ? 'Arms whose lines lie within 1 % of the axis of each other share a line; the table has each of them.'
        : '',
      stageLinesSentence(bySource.every(sameStages) ? curves : []),
      'Measured on held-out samples, never trained on.',
      OWN_AXES,
    ].filter(isSaid),
    armKey: ownKeys ? [] : arms.map((arm) => styleOf(styles, arm)),
    small: false,
    wide: [],
    panels: panels.map(({ title, svg, lines }) => ({ title, svg, armKey: ownKeys ? lines : [] })),
  };
}

const OWN_AXES = 'The vertical axes differ between panels and need not start at zero.';

function isSaid(sentence: string): boolean {
  return sentence !== '';
}

/** The stages of all curves, or else one nameless stretch as long as the longest. */
function commonStages(curves: readonly LossCurveView[]): LossCurveView['stages'] {
  const [first] = curves;
  if (first === undefined) return [];
  if (sameStages(curves)) return first.stages;
  const ends = curves.flatMap(({ stages }) => stages.flatMap(({ from, to }) => [from, to]));
  return [{ name: '', from: Math.min(...ends), to: Math.max(...ends) }];
}
