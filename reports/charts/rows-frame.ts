/** The frame of charts with one row per seed and a last one for the mean, so that panels beside each other line up row by row. */
import type { CustomSeriesOption, EChartsOption } from 'echarts';
import { formatFixed } from '../numbers.js';
import { labelledRange } from './axis-ticks.js';
import { FONT_SIZE, INK } from './svg-chart.js';
import { horizontalAxis } from './value-axis.js';

export const rowsWidth = 400;
const LEFT = 74;
/** Half of the last tick's label stands here. */
const RIGHT = 28;
const TOP = 26;
const BOTTOM = 52;

export interface RowsFrameOptions {
  /** Labels of the seeds' rows. */
  readonly rows: readonly string[];
  /** What the axis must hold. */
  readonly values: readonly number[];
  readonly name: string;
  readonly series: CustomSeriesOption[];
}

/** Row `rows.length` is the mean's; the one below it leaves room for its label. */
export function rowsFrame({ rows, values, name, series }: RowsFrameOptions): EChartsOption {
  const length = rowsWidth - LEFT - RIGHT;
  const range = labelledRange(values, { ticks: 5, length, size: FONT_SIZE, format: formatFixed });
  return {
    grid: { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
    xAxis: horizontalAxis({ range, name, split: true, room: 48 }),
    yAxis: {
      type: 'category',
      inverse: true,
      data: [...rows, 'mean', ''],
      axisLabel: { color: INK, fontSize: FONT_SIZE },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    series,
  };
}

/** Height of the chart in pixels; many seeds get lower rows. */
export function rowsHeight(rows: number): number {
  const rowHeight = rows <= 16 ? 27 : Math.max(9, Math.round(432 / rows));
  return TOP + BOTTOM + rowHeight * (rows + 2);
}
