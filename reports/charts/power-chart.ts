/** The probability of each word of a verdict over the true effect, from one margin against the claim to two margins for it. */
import type { LineSeriesOption } from 'echarts';
import type { PowerCurveView, PowerView, Verdict } from '../finding-report-view.js';
import { formatChosen } from '../numbers.js';
import { INK, MUTED, renderSvgChart } from './svg-chart.js';
import { labelledAxis, verticalAxis } from './value-axis.js';

export interface WordStyle {
  readonly word: Verdict;
  readonly color: string;
  readonly dash: readonly number[];
}

/** Colours of the words, and dashes, so that no line depends on colour alone. */
export const WORD_STYLES: readonly WordStyle[] = [
  { word: 'reproduced', color: 'var(--good)', dash: [] },
  { word: 'ruled-out', color: 'var(--settled)', dash: [8, 4] },
  { word: 'contradicted', color: 'var(--bad)', dash: [2, 3] },
  { word: 'inconclusive', color: MUTED, dash: [10, 3, 2, 3] },
];

const SIZE = { width: 420, height: 300 };
const LEFT = 62;
const RIGHT = 20;
const TOP = 12;

export interface PowerChartOptions {
  readonly id: string;
  readonly title: string;
  readonly power: Pick<PowerView, 'axis' | 'margin'>;
  readonly curve: PowerCurveView;
  /** What the chart says, in words. */
  readonly description: string;
}

export function renderPowerChart({ id, title, power, curve, description }: PowerChartOptions): string {
  const { margin, axis } = power;
  const { axis: xAxis, below } = labelledAxis({
    positions: [
      { at: -margin, label: formatChosen(-margin) },
      { at: 0, label: 'no effect' },
      { at: margin, label: `margin ${formatChosen(margin)}` },
      { at: 2 * margin, label: formatChosen(2 * margin) },
    ],
    name: `True effect, ${axis}`,
    length: SIZE.width - LEFT - RIGHT,
    before: LEFT,
    after: RIGHT,
  });
  const lines = WORD_STYLES.map(
    ({ word, color, dash }, index): LineSeriesOption => ({
      type: 'line',
      silent: true,
      emphasis: { disabled: true },
      showSymbol: false,
      lineStyle: { color, width: 2.4, type: dash.length > 0 ? [...dash] : 'solid' },
      data: curve.points.map((point) => [point.effect, point[word]]),
      ...(index === 0 ? { markLine: places(margin) } : {}),
    }),
  );
  return renderSvgChart(
    {
      grid: { left: LEFT, right: RIGHT, top: TOP, bottom: below },
      xAxis,
      yAxis: verticalAxis({ range: { min: 0, max: 1, interval: 0.25, decimals: 2 }, name: 'Probability of the word' }),
      series: lines,
    },
    SIZE,
    { id, title, description },
  );
}

function places(margin: number): NonNullable<LineSeriesOption['markLine']> {
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    data: [
      { xAxis: 0, lineStyle: { color: INK, type: 'solid', width: 1.1 } },
      { xAxis: margin, lineStyle: { color: MUTED, type: 'dashed', width: 1.2 } },
    ],
  };
}
