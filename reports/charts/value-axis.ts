/**
 * Axes of quantities as all charts draw them: round ticks from `axis-ticks.ts`, units in the name, quiet lines. Labels are not cut: long
 * ones are broken into lines.
 */
import type { EChartsOption } from 'echarts';
import { formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { type AxisRange, textWidth } from './axis-ticks.js';
import { FONT_SIZE, INK, MUTED, RULE } from './svg-chart.js';
import { balancedLines } from './text-lines.js';

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

/** Longest label of a tick and longest word that is wider than its room, in letters; what is longer is cut. */
const LONGEST_LABEL = 60;
const LONGEST_WORD = 24;
const LABEL_LINE = 15;

export interface LabelledAxisOptions {
  readonly positions: readonly { readonly at: number; readonly label: string }[];
  readonly name: string;
  /** Length of the axis, and what is left and right of it, in pixels. */
  readonly length: number;
  readonly before: number;
  readonly after: number;
}

/**
 * A horizontal axis whose ticks stand where the data are, with the labels that the data bring along.
 * @returns the axis, and the pixels that it needs below the plot
 */
export function labelledAxis({ positions, name, length, before, after }: LabelledAxisOptions): {
  readonly axis: Axis;
  readonly below: number;
} {
  const places = positions.map(({ at }) => at);
  const least = Math.min(...places);
  const greatest = Math.max(...places);
  const padding = greatest > least ? (greatest - least) * 0.06 : 0.5;
  const [min, max] = [least - padding, greatest + padding];
  const pixel = (at: number): number => ((at - min) / (max - min)) * length;
  const lines = withoutSharedEnd(positions.map(({ label }) => singleLineText(label, LONGEST_LABEL))).map(
    (label, index) => {
      const own = pixel(places[index] ?? min);
      const others = places.filter((at) => at !== places[index]).map((at) => Math.abs(pixel(at) - own));
      const room = Math.min(
        ...others.map((distance) => distance * 0.9),
        2 * (own + before),
        2 * (length - own + after),
      );
      const fits = (line: string): boolean => textWidth(line, FONT_SIZE) <= room;
      return balancedLines(label, fits).map((line) => (fits(line) ? line : singleLineText(line, LONGEST_WORD)));
    },
  );
  const labels = new Map(places.map((at, index) => [at, lines[index]?.join('\n') ?? '']));
  const most = Math.max(1, ...lines.map((own) => own.length));
  const nameGap = 15 + most * LABEL_LINE;
  return {
    below: nameGap + 20,
    axis: {
      type: 'value',
      min,
      max,
      name: singleLineText(name, 60),
      nameLocation: 'middle',
      nameGap,
      nameTextStyle: { color: INK, fontSize: FONT_SIZE },
      axisLabel: {
        color: MUTED,
        fontSize: FONT_SIZE,
        lineHeight: LABEL_LINE,
        // Only where single words are wider than the room between the ticks.
        hideOverlap: true,
        customValues: [...places],
        formatter: (value: number) => labels.get(value) ?? '',
      },
      axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
      axisTick: { show: true, lineStyle: { color: MUTED }, customValues: [...places] },
      splitLine: { show: false },
    },
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
      formatter: format ?? ((value: number) => formatFixed(value, range.decimals)),
    },
  };
}

/**
 * Drops a last word that all labels share from those that are a number without it, since the name of the axis says the word:
 * "no alignment", "10 %", "25 %".
 */
function withoutSharedEnd(labels: readonly string[]): readonly string[] {
  const [end] = labels.map((label) => / \p{L}+$/u.exec(label)?.[0]);
  if (labels.length < 2 || end === undefined || !labels.every((label) => label.endsWith(end))) return labels;
  return labels.map((label) => {
    const rest = label.slice(0, -end.length);
    return /\p{L}/u.test(rest) ? label : rest;
  });
}
