/**
 * A score against a quantity: each series' seeds as light lines, its means as diamonds with their intervals joined by a heavy line, and
 * baselines as dashed lines. Serves dose-response, learning curves and the seeds of a trend alike.
 */
import type { CustomSeriesOption, LineSeriesOption } from 'echarts';
import type { LineStyle } from '../arm-style.js';
import type { ResponseView } from '../finding-report-view.js';
import { decimalsFor, formatFixed } from '../numbers.js';
import { axisRange } from './axis-ticks.js';
import { meanWithInterval } from './marks.js';
import { type ChartSize, MUTED, renderSvgChart } from './svg-chart.js';
import { labelledAxis, verticalAxis } from './value-axis.js';

export interface ResponseChartOptions extends ChartSize {
  readonly id: string;
  readonly title: string;
  readonly response: ResponseView;
  /** One per series. */
  readonly styles: readonly LineStyle[];
}

/** Dashes of the baselines, in their order; also those of the key. */
export const BASELINE_DASHES: readonly (readonly number[])[] = [
  [6, 4],
  [2, 4],
  [10, 3, 2, 3],
  [1, 6],
];

export function renderResponseChart({ id, title, response, styles, width, height }: ResponseChartOptions): string {
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
  const values = points.map(({ mean }) => mean);
  const described = series.map((line) => {
    const decimals = decimalsFor(values);
    return `${line.label}: ${line.points.map(({ xText, mean }) => `${formatFixed(mean, decimals)} at ${xText}`).join(', ')}`;
  });
  return renderSvgChart(
    {
      grid: { left: 62, right: 18, top: 12, bottom: 50 },
      xAxis: labelledAxis({ positions, name: xLabel }),
      yAxis: verticalAxis({ range, name: axis }),
      series: [...baselines, ...marks],
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
  { color }: LineStyle,
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 5,
    data: points.map(({ x, mean, confidence }) => [x, mean, confidence?.low ?? mean, confidence?.high ?? mean]),
    renderItem: (_, api) => {
      const at = (dimension: number) => api.coord([api.value(0), api.value(dimension)]);
      return {
        type: 'group',
        children: meanWithInterval({ mean: at(1), low: at(2), high: at(3) }, color, {
          size: 6.5,
          width: 2.2,
          standing: true,
        }),
      };
    },
  };
}
