/**
 * Share of each arm's own reduction in validation loss against optimizer steps: seeds light, means heavy, the threshold as a dashed line.
 * Above the plot each arm has a row of markers where its seeds cross the threshold: on the line itself they would hide each other.
 */
import type { CustomSeriesOption, LineSeriesOption } from 'echarts';
import { type ArmStyle, styleOf } from '../arm-style.js';
import { mean } from '../derived-numbers.js';
import type { ConvergenceView } from '../finding-report-view.js';
import { formatCount, formatFixed } from '../numbers.js';
import { axisRange, labelledRange } from './axis-ticks.js';
import { markerShape } from './marks.js';
import { type ChartSize, FONT_SIZE, INK, MUTED, PAPER, renderSvgChart } from './svg-chart.js';
import { horizontalAxis, verticalAxis } from './value-axis.js';

const LEFT = 58;
const RIGHT = 24;
/** Height of a row of markers above the plot. */
const ROW = 15;

export interface ConvergenceChartOptions extends ChartSize {
  readonly id: string;
  readonly title: string;
  readonly curves: readonly ConvergenceView[];
  readonly styles: ReadonlyMap<string, ArmStyle>;
  readonly unit: 'steps' | 'tokens';
}

export function renderConvergenceChart({
  id,
  title,
  curves,
  styles,
  unit,
  width,
  height,
}: ConvergenceChartOptions): string {
  const along = (point: ConvergenceView['points'][number]): number => (unit === 'steps' ? point.step : point.tokens);
  const crossing = (curve: ConvergenceView): number =>
    unit === 'steps' ? curve.stepsToThreshold : curve.tokensToThreshold;
  const arms = [...new Set(curves.map(({ arm }) => arm))].map((arm) => ({
    style: styleOf(styles, arm),
    curves: curves.filter((curve) => curve.arm === arm),
  }));
  const places = curves.flatMap((curve) => [...curve.points.map(along), crossing(curve)]);
  const format = unit === 'steps' ? formatCount : shortCount;
  const horizontal = labelledRange([0, ...places], { ticks: 5, length: width - LEFT - RIGHT, size: FONT_SIZE, format });
  const shares = axisRange([0, 1, ...curves.flatMap(({ points }) => points.map(({ reached }) => reached))], 5);
  const threshold = curves[0]?.threshold ?? Number.NaN;
  const percent = `${formatFixed(threshold * 100, 0)} %`;
  const series = arms.flatMap(({ style, curves: own }, row): (LineSeriesOption | CustomSeriesOption)[] => [
    ...own.map((curve) =>
      line(
        curve.points.map((point) => [along(point), point.reached]),
        style,
        false,
      ),
    ),
    line(meanCurve(own, along), style, true),
    crossings(own.map(crossing), { style, y: 8 + row * ROW, label: row === 0 ? `at ${percent}` : '' }),
  ]);
  const described = arms.map(({ style, curves: own }) => `${style.label} ${formatCount(mean(own.map(crossing)))}`);
  const strip = arms.length * ROW;
  return renderSvgChart(
    {
      grid: { left: LEFT, right: RIGHT, top: 14 + strip, bottom: 50 },
      xAxis: horizontalAxis({
        range: horizontal,
        name: unit === 'steps' ? 'Optimizer steps of the stage' : 'Tokens of the stage',
        format,
      }),
      yAxis: verticalAxis({
        range: shares,
        name: 'Own loss reduction reached',
        format: (value) => `${formatFixed(value * 100, 0)} %`,
      }),
      series: [...series, thresholdLine(threshold, percent)],
    },
    { width, height: height + strip },
    { id, title, description: `Mean ${unit} to ${percent}: ${described.join(', ')}.` },
  );
}

/** Tokens in thousands or millions: full numbers overlap. */
function shortCount(value: number): string {
  if (value >= 1_000_000) return `${formatFixed(value / 1_000_000, value % 1_000_000 === 0 ? 0 : 1)} M`;
  return value >= 1000 ? `${formatFixed(value / 1000, 0)} k` : formatCount(value);
}

/** The mean where all seeds were measured at the same step. */
function meanCurve(
  curves: readonly ConvergenceView[],
  along: (point: ConvergenceView['points'][number]) => number,
): number[][] {
  return (curves[0]?.points ?? []).flatMap(({ step }) => {
    const same = curves.flatMap(({ points }) => points.filter((point) => point.step === step));
    return same.length === curves.length ? [[mean(same.map(along)), mean(same.map(({ reached }) => reached))]] : [];
  });
}

function line(data: number[][], { color, dash }: ArmStyle, heavy: boolean): LineSeriesOption {
  return {
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    showSymbol: false,
    lineStyle: {
      color,
      width: heavy ? 2.6 : 0.9,
      opacity: heavy ? 1 : 0.4,
      type: heavy && dash.length > 0 ? [...dash] : 'solid',
    },
    data,
  };
}

function crossings(
  places: readonly number[],
  { style, y, label }: { readonly style: ArmStyle; readonly y: number; readonly label: string },
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 5,
    data: places.map((place) => [place]),
    renderItem: ({ dataIndex }, api) => {
      const [x = 0] = api.coord([api.value(0), 0]);
      const mark = markerShape(style, [x, y], 4.5);
      const outlined = style.hollow ? mark : { ...mark, style: { ...mark.style, stroke: PAPER, lineWidth: 1.2 } };
      return { type: 'group', children: dataIndex === 0 && label !== '' ? [rowLabel(label, y), outlined] : [outlined] };
    },
  };
}

function rowLabel(text: string, y: number) {
  const style = { text, x: LEFT - 8, y, align: 'right', verticalAlign: 'middle', fill: MUTED, fontSize: 11.5 } as const;
  return { type: 'text' as const, style };
}

function thresholdLine(threshold: number, label: string): LineSeriesOption {
  return {
    type: 'line',
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: INK, type: [6, 4], width: 1.2 },
      label: { position: 'insideStartTop', formatter: label, color: MUTED, fontSize: 11.5, textBorderWidth: 0 },
      data: Number.isFinite(threshold) ? [{ yAxis: threshold }] : [],
    },
  };
}
