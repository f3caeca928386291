/**
 * The effect of each seed as a dot on its own row, and last their mean with its interval, against zero and the margin: the right panel
 * of a claim's evidence, whether the effect is a difference of two arms or the gain of a trend.
 */
import type { CustomSeriesOption } from 'echarts';
import { boundsOf, effectWithInterval, intervalName } from '../effect-interval.js';
import type { EffectInterval } from '../finding-report-view.js';
import { decimalsFor, formatChosen } from '../numbers.js';
import { intervalBar, lineBetween, meanDiamond } from './marks.js';
import { rowsFrame, rowsHeight, rowsWidth } from './rows-frame.js';
import { FONT_SIZE, INK, MUTED, PAPER, renderSvgChart } from './svg-chart.js';

export interface EffectsChartOptions {
  readonly id: string;
  readonly title: string;
  /** Quantity and unit of the effect. */
  readonly axis: string;
  readonly rows: readonly { readonly label: string; readonly effect: number }[];
  readonly mean: number;
  readonly confidence: EffectInterval | null;
  readonly margin: number;
  readonly color: string;
}

export function renderEffectsChart({
  id,
  title,
  axis,
  rows,
  mean,
  confidence,
  margin,
  color,
}: EffectsChartOptions): string {
  const { low, high } = boundsOf(confidence);
  const effects = rows.map(({ effect }) => effect);
  const decimals = decimalsFor([mean, low, high]);
  const summary = effectWithInterval(mean, confidence, decimals);
  const marginText = `margin ±${formatChosen(margin)}`;
  const dots: CustomSeriesOption = {
    type: 'custom',
    silent: true,
    data: effects.map((effect, index) => [index, effect]),
    renderItem: (_, api) => {
      const at = api.coord([api.value(1), api.value(0)]);
      const zero = api.coord([0, api.value(0)]);
      return {
        type: 'group',
        children: [
          { type: 'line', shape: lineBetween(zero, at), style: { stroke: MUTED, lineWidth: 1 } },
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
          label: { show: margin > 0, formatter: marginText },
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
    // Above the lines of zero and margin, which its text would be struck through by.
    z: 10,
    silent: true,
    data: Number.isFinite(mean) ? [[rows.length, mean, confidence?.low ?? mean, confidence?.high ?? mean]] : [],
    renderItem: (_, api) => {
      const at = (dimension: number) => api.coord([api.value(dimension), api.value(0)]);
      const middle = at(1);
      const [x = 0, y = 0] = middle;
      return {
        type: 'group',
        children: [
          ...(confidence === null ? [] : intervalBar(at(2), at(3), color)),
          meanDiamond(middle, color),
          {
            type: 'text',
            style: {
              text: summary,
              x: Math.min(Math.max(x, 110), rowsWidth - 92),
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
  return renderSvgChart(
    rowsFrame({
      rows: rows.map(({ label }) => label),
      values: [...effects, low, high, 0, -margin, margin],
      name: axis,
      series: [dots, interval],
    }),
    { width: rowsWidth, height: rowsHeight(rows.length) },
    {
      id,
      title,
      description:
        `One dot per seed; the diamond is the mean, ${intervalName(confidence)}: ${summary}. ` +
        `The solid line is zero${margin > 0 ? `, the dashed lines are the ${marginText}` : ''}.`,
    },
  );
}
