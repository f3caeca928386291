/**
 * The two panels of the paired-seed plot, rows aligned: on the left each seed's control and treatment score, on the right
 * their difference with the mean and its confidence interval against zero and the margin.
 */
import type { CustomSeriesOption, EChartsOption } from 'echarts';
import type { ArmStyle } from '../arm-style.js';
import { armMeans } from '../derived-numbers.js';
import type { PairedSeedsView } from '../finding-report-view.js';
import { decimalsFor, formatFixed, formatInterval, formatSigned } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { type AxisRange, axisRange } from './axis-ticks.js';
import { FONT_SIZE, INK, MUTED, PAPER, RULE, renderSvgChart } from './svg-chart.js';

const WIDTH = 400;
const TOP = 26;
const BOTTOM = 52;
const MEAN_ROW = 'mean';

export interface PairedPanelOptions {
  readonly id: string;
  readonly measure: PairedSeedsView;
  readonly treatment: ArmStyle;
  readonly control: ArmStyle;
}

/** Left panel: x is the score, one row per seed and a last one for the means. */
export function renderScoresPanel({ id, measure, treatment, control }: PairedPanelOptions): string {
  const means = armMeans(measure);
  const rows = [...measure.pairs, means];
  const range = axisRange(
    rows.flatMap((row) => [row.treatment, row.control]),
    5,
  );
  const series: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    data: rows.map((row, index) => [index, row.control, row.treatment]),
    renderItem: (_, api) => {
      const index = Number(api.value(0));
      const from = api.coord([api.value(1), index]);
      const to = api.coord([api.value(2), index]);
      const size = index === measure.pairs.length ? 6.5 : 5;
      return {
        type: 'group',
        children: [
          { type: 'line', shape: lineShape(from, to), style: { stroke: MUTED, lineWidth: 1.5 } },
          marker(treatment, to, size),
          marker(control, from, size),
        ],
      };
    },
  };
  const decimals = decimalsFor([means.treatment, means.control]);
  return renderSvgChart(
    frame({ measure, range, name: measure.axis, series: [series] }),
    { width: WIDTH, height: panelHeight(measure) },
    {
      id,
      title: `${measure.metric} of both arms, seed by seed`,
      description:
        `One row per seed; a line joins ${control.label} (hollow square) to ${treatment.label} (disc). ` +
        `Means: ${formatFixed(means.control, decimals)} and ${formatFixed(means.treatment, decimals)}.`,
    },
  );
}

/** Right panel: x is treatment − control; the shaded band lies within the margin around zero. */
export function renderDifferencesPanel(options: PairedPanelOptions & { readonly margin: number }): string {
  const { id, measure, treatment, control, margin } = options;
  const { low, high, level } = measure.confidence;
  const differences = measure.pairs.map((pair) => pair.difference);
  const range = axisRange([...differences, low, high, 0, -margin, margin], 5);
  const meanIndex = measure.pairs.length;
  const decimals = decimalsFor([measure.meanDifference, low, high]);
  const summary = `${formatSigned(measure.meanDifference, decimals)} ${formatInterval({ low, high }, decimals)}`;
  const dots: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    data: differences.map((difference, index) => [index, difference]),
    renderItem: (_, api) => {
      const at = api.coord([api.value(1), api.value(0)]);
      const zero = api.coord([0, api.value(0)]);
      return {
        type: 'group',
        children: [
          { type: 'line', shape: lineShape(zero, at), style: { stroke: MUTED, lineWidth: 1 } },
          { type: 'circle', shape: { cx: at[0] ?? 0, cy: at[1] ?? 0, r: 4.5 }, style: { fill: INK } },
        ],
      };
    },
    markArea: {
      silent: true,
      itemStyle: { color: 'var(--band)' },
      data: margin > 0 ? [[{ xAxis: -margin }, { xAxis: margin }]] : [],
    },
    markLine: {
      silent: true,
      symbol: 'none',
      label: { position: 'start', distance: 6, color: MUTED, fontSize: 11.5, textBorderWidth: 0 },
      data: [
        {
          xAxis: 0,
          lineStyle: { color: INK, type: 'solid', width: 1.2 },
          label: { show: margin > 0, formatter: `margin ±${formatFixed(margin, decimalsFor([margin]))}` },
        },
        ...(margin > 0 ? [-margin, margin] : []).map((edge) => ({
          xAxis: edge,
          label: { show: false },
          lineStyle: { color: MUTED, type: 'dashed' as const, width: 1.2 },
        })),
      ],
    },
  };
  const interval: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    data: Number.isFinite(low) && Number.isFinite(high) ? [[meanIndex, measure.meanDifference, low, high]] : [],
    renderItem: (_, api) => {
      const middle = api.coord([api.value(1), api.value(0)]);
      const from = api.coord([api.value(2), api.value(0)]);
      const to = api.coord([api.value(3), api.value(0)]);
      const [x = 0, y = 0] = middle;
      const label = Math.min(Math.max(x, 110), WIDTH - 92);
      return {
        type: 'group',
        children: [
          { type: 'line', shape: lineShape(from, to), style: { stroke: treatment.color, lineWidth: 4 } },
          ...[from, to].map((end) => whisker(end, treatment.color)),
          {
            type: 'polygon',
            shape: { points: diamond(x, y, 8) },
            style: { fill: treatment.color, stroke: PAPER, lineWidth: 1.5 },
          },
          {
            type: 'text',
            style: {
              text: summary,
              x: label,
              y: y + 15,
              align: 'center',
              fill: INK,
              fontSize: FONT_SIZE,
              fontWeight: 'bold',
              stroke: PAPER,
              lineWidth: 4,
            },
          },
        ],
      };
    },
  };
  const name = `Difference in ${measure.axis}`;
  return renderSvgChart(
    frame({
      measure,
      range,
      name,
      series: [dots, interval],
    }),
    { width: WIDTH, height: panelHeight(measure) },
    {
      id,
      title: `Difference in ${measure.metric}, ${treatment.label} minus ${control.label}`,
      description:
        `One dot per seed; the diamond is the mean with its ${formatFixed(level * 100, 0)} % interval: ${summary}. ` +
        `The solid line is zero${margin > 0 ? `, the dashed lines are the margin, ±${formatFixed(margin, decimalsFor([margin]))}` : ''}.`,
    },
  );
}

interface FrameOptions {
  readonly measure: PairedSeedsView;
  readonly range: AxisRange;
  readonly name: string;
  readonly series: CustomSeriesOption[];
}

function frame({ measure, range, name, series }: FrameOptions): EChartsOption {
  const rows = [...measure.pairs.map((pair) => `seed ${pair.seed}`), MEAN_ROW, ''];
  return {
    grid: { left: 74, right: 16, top: TOP, bottom: BOTTOM },
    xAxis: {
      type: 'value',
      min: range.min,
      max: range.max,
      interval: range.interval,
      name: singleLineText(name, 48),
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: { color: INK, fontSize: FONT_SIZE },
      axisLabel: {
        color: MUTED,
        fontSize: FONT_SIZE,
        formatter: (value: number) => formatFixed(value, range.decimals),
      },
      axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
      axisTick: { show: true, lineStyle: { color: MUTED } },
      splitLine: { lineStyle: { color: RULE } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows,
      axisLabel: { color: INK, fontSize: FONT_SIZE },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    series,
  };
}

function panelHeight({ pairs }: PairedSeedsView): number {
  const rowHeight = pairs.length <= 16 ? 27 : Math.max(9, Math.round(432 / pairs.length));
  return TOP + BOTTOM + rowHeight * (pairs.length + 2);
}

function marker({ marker: kind, color }: ArmStyle, [x = 0, y = 0]: number[], size: number) {
  return kind === 'disc'
    ? { type: 'circle' as const, shape: { cx: x, cy: y, r: size }, style: { fill: color } }
    : {
        type: 'rect' as const,
        shape: { x: x - size, y: y - size, width: 2 * size, height: 2 * size },
        // Hollow, so that a disc of nearly the same score stays visible.
        style: { fill: 'none', stroke: color, lineWidth: 2.2 },
      };
}

function whisker([x = 0, y = 0]: number[], color: string) {
  return {
    type: 'line' as const,
    shape: { x1: x, y1: y - 6, x2: x, y2: y + 6 },
    style: { stroke: color, lineWidth: 2 },
  };
}

function lineShape([x1 = 0, y1 = 0]: number[], [x2 = 0, y2 = 0]: number[]) {
  return { x1, y1, x2, y2 };
}

function diamond(x: number, y: number, r: number): number[][] {
  return [
    [x - r, y],
    [x, y - r],
    [x + r, y],
    [x, y + r],
  ];
}
