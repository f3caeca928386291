/** Axes of quantities as all charts draw them: round ticks from `axis-ticks.ts`, units in the name, quiet lines. */
import type { EChartsOption } from 'echarts';
import { formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import type { AxisRange } from './axis-ticks.js';
import { FONT_SIZE, INK, MUTED, RULE } from './svg-chart.js';

type Axis = NonNullable<Exclude<EChartsOption['xAxis'], readonly unknown[]>>;
type VerticalAxis = NonNullable<Exclude<EChartsOption['yAxis'], readonly unknown[]>>;

export interface ValueAxisOptions {
  readonly range: AxisRange;
  /** Quantity and unit. */
  readonly name: string;
  /** Lines across the plot at the ticks. */
  readonly split?: boolean;
  readonly format?: (value: number) => string;
  /** Longest name that fits, in letters. */
  readonly room?: number;
}

export function horizontalAxis({ range, name, split = false, format, room = 60 }: ValueAxisOptions): Axis {
  return {
    ...quantity({ range, name, format, room }),
    nameGap: 30,
    axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
    axisTick: { show: true, lineStyle: { color: MUTED } },
    splitLine: { show: split, lineStyle: { color: RULE } },
  };
}

export function verticalAxis({ range, name, format, room = 44 }: ValueAxisOptions): VerticalAxis {
  return {
    ...quantity({ range, name, format, room }),
    nameGap: 42,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: RULE } },
  };
}

/** A horizontal axis whose ticks stand where the data are, with the labels that the data bring along. */
export function labelledAxis({
  positions,
  name,
}: {
  readonly positions: readonly { readonly at: number; readonly label: string }[];
  readonly name: string;
}): Axis {
  const places = positions.map(({ at }) => at);
  const least = Math.min(...places);
  const greatest = Math.max(...places);
  const padding = greatest > least ? (greatest - least) * 0.06 : 0.5;
  const lines = positions.map(({ label }) => singleLineText(label, 24));
  const short = withoutSharedEnd(lines).map(onTwoLines);
  const labels = new Map(places.map((at, index) => [at, short[index] ?? '']));
  return {
    type: 'value',
    min: least - padding,
    max: greatest + padding,
    name: singleLineText(name, 60),
    nameLocation: 'middle',
    nameGap: [...labels.values()].some((label) => label.includes('\n')) ? 44 : 30,
    nameTextStyle: { color: INK, fontSize: FONT_SIZE },
    axisLabel: {
      color: MUTED,
      fontSize: FONT_SIZE,
      lineHeight: 15,
      customValues: [...places],
      hideOverlap: true,
      formatter: (value: number) => labels.get(value) ?? '',
    },
    axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
    axisTick: { show: true, lineStyle: { color: MUTED }, customValues: [...places] },
    splitLine: { show: false },
  };
}

function quantity({
  range,
  name,
  format,
  room,
}: {
  range: AxisRange;
  name: string;
  format: ValueAxisOptions['format'];
  room: number;
}) {
  return {
    type: 'value' as const,
    min: range.min,
    max: range.max,
    interval: range.interval,
    name: singleLineText(name, room),
    nameLocation: 'middle' as const,
    nameTextStyle: { color: INK, fontSize: FONT_SIZE },
    axisLabel: {
      color: MUTED,
      fontSize: FONT_SIZE,
      hideOverlap: true,
      formatter: format ?? ((value: number) => formatFixed(value, range.decimals)),
    },
  };
}

/** Drops a last word that all labels share, since the name of the axis says it: "10 % alignment", "25 % alignment". */
function withoutSharedEnd(labels: readonly string[]): readonly string[] {
  const [end] = labels.map((label) => / \p{L}+$/u.exec(label)?.[0]);
  const shared = labels.length > 1 && end !== undefined && labels.every((label) => label.endsWith(end));
  return shared ? labels.map((label) => label.slice(0, -end.length)) : labels;
}

/** Breaks a long label at its last space. */
function onTwoLines(label: string): string {
  return label.length > 8 ? label.replace(/ (?=\S+$)/, '\n') : label;
}
