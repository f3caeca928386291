/** How fast each arm reaches the threshold of its own loss reduction: figure and table. */
import { type ArmStyle, styleOf } from '../arm-style.js';
import { renderConvergenceChart } from '../charts/convergence-chart.js';
import type { DerivedNumbers } from '../derived-numbers.js';
import type { ConvergenceView } from '../finding-report-view.js';
import { formatCount, formatFixed } from '../numbers.js';

type Styles = ReadonlyMap<string, ArmStyle>;

export function convergenceSection(curves: readonly ConvergenceView[], styles: Styles, derived: DerivedNumbers) {
  const chart = (unit: 'steps' | 'tokens') =>
    renderConvergenceChart({
      id: `convergence-${unit}`,
      title: `Loss reduction reached, by ${unit}`,
      curves,
      styles,
      unit,
      width: 400,
      height: 320,
    });
  const used = [...new Set(curves.map(({ arm }) => arm))];
  return {
    shown: curves.length > 0,
    threshold: formatFixed((curves[0]?.threshold ?? Number.NaN) * 100, 0),
    armKey: used.map((arm) => styleOf(styles, arm)),
    steps: curves.length > 0 ? chart('steps') : '',
    tokens: curves.length > 0 ? chart('tokens') : '',
    rows: derived.convergence.map(({ arm, seeds, steps, tokens }) => ({
      label: styleOf(styles, arm).label,
      seeds,
      steps: formatCount(steps.mean),
      stepsRange: `${formatCount(steps.least)} to ${formatCount(steps.greatest)}`,
      tokens: formatCount(tokens.mean),
      tokensRange: `${formatCount(tokens.least)} to ${formatCount(tokens.greatest)}`,
    })),
  };
}
