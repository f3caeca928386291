/** Loss curves: training and validation apart; the whole run, then each training stage on its own scale. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { renderLossChart } from '../charts/loss-chart.js';
import type { DerivedNumbers } from '../derived-numbers.js';
import type { LossCurveView } from '../finding-report-view.js';
import { formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';

const PANEL = { width: 400, height: 250 };
const WIDE = { width: 860, height: 300 };

type Styles = ReadonlyMap<string, ArmStyle>;

/** Empty `groups` mean that no run recorded a loss. */
export function curvesSection(curves: readonly LossCurveView[], styles: Styles, derived: DerivedNumbers) {
  const drawn = curves.filter((curve) => curve.points.length > 0 && curve.stages.length > 0);
  const training = drawn.filter((curve) => curve.kind === 'training');
  const validation = drawn.filter((curve) => curve.kind === 'validation');
  const stages = drawn[0]?.stages ?? [];
  const groups = [trainingGroup(training, styles), validationGroup(validation, styles)].filter(
    (group) => group.panels.length > 0,
  );
  return {
    groups,
    stages: stages.map(({ name, from, to }, index) => ({ number: index + 1, name, from, to })),
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

function trainingGroup(curves: readonly LossCurveView[], styles: Styles) {
  const stages = curves[0]?.stages ?? [];
  if (stages.length === 0) return { title: 'Training loss', note: '', wide: [], panels: [] };
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
    title: 'Training loss',
    note:
      wide.window === 0
        ? ''
        : `A point of the whole run averages up to ${wide.window} steps, a point of a stage fewer.`,
    wide: [{ title: wide.title, wide: wide.svg, narrow: narrow.svg }],
    panels: stages.length > 1 ? panels : [],
  };
}

function validationGroup(curves: readonly LossCurveView[], styles: Styles) {
  const sources = [...new Set(curves.map((curve) => curve.source ?? ''))];
  const panels = sources.map((source, index) => {
    const own = curves.filter((curve) => (curve.source ?? '') === source);
    const title = `Validation loss${source === '' ? '' : `: ${singleLineText(source, 60)}`}`;
    const stages = own[0]?.stages ?? [];
    const { svg } = renderLossChart({
      id: `validation-${index + 1}`,
      title,
      curves: own,
      styles,
      stages,
      ...PANEL,
      height: 280,
    });
    return { title, svg };
  });
  return { title: 'Validation loss', note: 'Measured on held-out samples, never trained on.', wide: [], panels };
}
