/**
 * A score against a quantity: each series' seeds as light lines, its means with their intervals joined by a heavy line, and
 * baselines as dashed lines. Serves dose-response, learning curves and the seeds of a trend alike.
 */
import type { CustomSeriesOption, LineSeriesOption } from 'echarts';
import type { LineStyle } from '../arm-style.js';
import type { ResponseView } from '../finding-report-view.js';
import { decimalsFor, formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { type AxisRange, axisRange, textWidth } from './axis-ticks.js';
import { intervalBar, markerShape } from './marks.js';
import { type ChartSize, FONT_SIZE, MUTED, renderSvgChart } from './svg-chart.js';
import { balancedLines } from './text-lines.js';
import { labelledAxis, verticalAxis } from './value-axis.js';

export interface ResponseChartOptions extends ChartSize {
  readonly id: string;
  readonly title: string;
  readonly response: ResponseView;
  /** One per series. */
  readonly styles: readonly LineStyle[];
  /** Names the lines at their ends; needs a wide chart. */
  readonly named?: boolean;
}

const LEFT = 62;
const TOP = 12;
const LINE_HEIGHT = 16;
/** Letters in a line of a name at the end of a line, and in all its lines. */
const NAME_LINE = 24;
const LONGEST_NAME = 72;

/** Dashes of the baselines, in their order; also those of the key. */
export const BASELINE_DASHES: readonly (readonly number[])[] = [
  [6, 4],
  [2, 4],
  [10, 3, 2, 3],
  [1, 6],
];

export function renderResponseChart({
  id,
  title,
  response,
  styles,
  named = false,
  width,
  height,
}: ResponseChartOptions): string {
  const { series, references, xLabel, axis } = response;
  const points = series.flatMap((line) => line.points);
  const place = placement(response);
  const positions = [...new Map(points.map(({ x, xText }) => [place(x), xText]))]
    .map(([at, label]) => ({ at, label }))
    .sort((left, right) => left.at - right.at);
  const range = axisRange(
    [
      ...points.flatMap(({ mean, confidence, seeds }) => [
        mean,
        ...(confidence === undefined ? [] : [confidence.low, confidence.high]),
        ...seeds.map(({ value }) => value),
      ]),
      ...references.flatMap((line) => line.points.map(({ value }) => value)),
    ],
    5,
  );
  const marks = series.flatMap((line, index) => {
    const style = styles[index];
    if (style === undefined) return [];
    const seeds = [...new Set(line.points.flatMap((point) => point.seeds.map(({ seed }) => seed)))];
    return [
      ...seeds.map((seed) =>
        lightLine(
          line.points.flatMap(({ x, seeds: values }) => {
            const own = values.find((value) => value.seed === seed);
            return own === undefined ? [] : [[place(x), own.value]];
          }),
          style,
        ),
      ),
      meanLine(
        line.points.map(({ x, mean }) => [place(x), mean]),
        style,
      ),
      intervals(
        line.points.map((point) => ({ ...point, x: place(point.x) })),
        style,
      ),
    ];
  });
  const baselines = references.map(
    (reference, index): LineSeriesOption => ({
      type: 'line',
      silent: true,
      showSymbol: false,
      lineStyle: { color: MUTED, width: 1.6, type: [...(BASELINE_DASHES[index % BASELINE_DASHES.length] ?? [])] },
      data: baselinePoints(
        reference.points.map(({ x, value }) => [place(x), value]),
        positions,
      ),
    }),
  );
  const ends = named
    ? [
        ...series.map(({ label, points: own }, index) => ({
          lines: nameLines(label),
          value: own.at(-1)?.mean ?? Number.NaN,
          color: styles[index]?.color ?? MUTED,
        })),
        ...references.map(({ label, points: own }) => ({
          lines: nameLines(label),
          value: own.at(-1)?.value ?? Number.NaN,
          color: MUTED,
        })),
      ].filter(({ value }) => Number.isFinite(value))
    : [];
  const values = points.map(({ mean }) => mean);
  const described = series.map((line) => {
    const decimals = decimalsFor(values);
    return `${line.label}: ${line.points.map(({ xText, mean }) => `${formatFixed(mean, decimals)} at ${xText}`).join(', ')}`;
  });
  const right = ends.length > 0 ? nameRoom(ends) : 26;
  const length = width - LEFT - right;
  const { axis: xAxis, below } = labelledAxis({
    positions,
    name: xLabel,
    length,
    before: LEFT,
    // Under the names at the ends nothing else stands.
    after: Math.min(right, 60),
  });
  const plot = { left: width - right + 4, top: TOP, bottom: height - below };
  return renderSvgChart(
    {
      grid: { left: LEFT, right, top: TOP, bottom: below },
      xAxis,
      yAxis: verticalAxis({ range, name: axis }),
      series: [...baselines, ...marks, endNames(ends, range, plot)],
    },
    { width, height },
    { id, title, description: `Means over the seeds. ${described.join('. ')}.` },
  );
}

/** Where a value stands along the axis: logarithms are rounded, so that equal pages do not depend on the last bit of a library. */
function placement({ xScale, series }: ResponseView): (x: number) => number {
  const positive = series.every((line) => line.points.every(({ x }) => x > 0));
  if (xScale === 'linear' || !positive) return (x) => x;
  return (x) => Math.round(Math.log10(x) * 1e6) / 1e6;
}

/** A baseline known at one place only is drawn across the plot. */
function baselinePoints(points: number[][], positions: readonly { readonly at: number }[]): number[][] {
  const [first] = points;
  if (points.length !== 1 || first === undefined) return points;
  const places = positions.map(({ at }) => at);
  return [Math.min(...places), Math.max(...places)].map((at) => [at, first[1] ?? Number.NaN]);
}

function lightLine(data: number[][], { color }: LineStyle): LineSeriesOption {
  return {
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    symbol: 'circle',
    symbolSize: 4,
    itemStyle: { color, opacity: 0.45 },
    lineStyle: { color, width: 0.9, opacity: 0.4 },
    data,
  };
}

function meanLine(data: number[][], { color }: LineStyle): LineSeriesOption {
  return {
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    showSymbol: false,
    lineStyle: { color, width: 2.6 },
    data,
  };
}

function intervals(
  points: readonly ResponseView['series'][number]['points'][number][],
  style: LineStyle,
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 5,
    data: points.map(({ x, mean, confidence }) => [x, mean, confidence?.low ?? mean, confidence?.high ?? mean]),
    renderItem: (_, api) => {
      const at = (dimension: number) => api.coord([api.value(0), api.value(dimension)]);
      const bar = intervalBar(at(2), at(3), style.color, { width: 2.2, standing: true });
      return { type: 'group', children: [...bar, markerShape(style, at(1), 5)] };
    },
  };
}

interface EndName {
  readonly lines: readonly string[];
  readonly value: number;
  readonly color: string;
}

/** The names of the lines at their right ends, moved apart where they would overlap. */
function endNames(
  ends: readonly EndName[],
  range: AxisRange,
  { left, top, bottom }: { readonly left: number; readonly top: number; readonly bottom: number },
): CustomSeriesOption {
  const pixel = (value: number): number => bottom - ((value - range.min) / (range.max - range.min)) * (bottom - top);
  const placed: { readonly text: string; readonly color: string; readonly y: number; readonly end: number }[] = [];
  for (const { lines, value, color } of [...ends].sort((one, other) => other.value - one.value)) {
    const half = (lines.length * LINE_HEIGHT) / 2;
    const y = Math.max(pixel(value), (placed.at(-1)?.end ?? Number.NEGATIVE_INFINITY) + half);
    placed.push({ text: lines.join('\n'), color, y, end: y + half });
  }
  // What ran below the plot moves up again as one block.
  const surplus = Math.max(0, (placed.at(-1)?.end ?? 0) - bottom - LINE_HEIGHT / 2);
  return {
    type: 'custom',
    silent: true,
    data: placed.length > 0 ? [[0]] : [],
    renderItem: () => ({
      type: 'group',
      children: placed.map(({ text, color, y }) => ({
        type: 'text' as const,
        style: {
          text,
          x: left,
          y: y - surplus,
          verticalAlign: 'middle' as const,
          fill: color,
          fontSize: FONT_SIZE,
          lineHeight: LINE_HEIGHT,
          fontWeight: 600,
        },
      })),
    }),
  };
}

function nameLines(label: string): readonly string[] {
  return balancedLines(singleLineText(label, LONGEST_NAME), (line) => line.length <= NAME_LINE).map((line) =>
    singleLineText(line, NAME_LINE),
  );
}

/** Bold letters are about an eighth wider. */
function nameRoom(ends: readonly EndName[]): number {
  return Math.max(...ends.flatMap(({ lines }) => lines.map((line) => textWidth(line, FONT_SIZE)))) * 1.12 + 12;
}
