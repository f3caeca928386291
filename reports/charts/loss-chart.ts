/**
 * Loss against step: each seed thin, each arm's mean thick, stage boundaries as labelled vertical lines. Points are averaged
 * within short windows of steps (never across a stage boundary), so that a page of long runs stays small.
 */
import type { EChartsOption, LineSeriesOption } from 'echarts';
import { type ArmStyle, styleOf } from '../arm-style.js';
import { mean } from '../derived-numbers.js';
import type { LossCurveView } from '../finding-report-view.js';
import { formatCount, formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { axisRange } from './axis-ticks.js';
import { FONT_SIZE, INK, MUTED, RULE, renderSvgChart } from './svg-chart.js';

/** Most windows that one line is averaged into. */
const WINDOWS = 120;
const LEFT = 58;
const RIGHT = 16;

export type StageRange = LossCurveView['stages'][number];

export interface LossChartOptions {
  readonly id: string;
  readonly title: string;
  readonly curves: readonly LossCurveView[];
  readonly styles: ReadonlyMap<string, ArmStyle>;
  /** Stages shown; the chart spans exactly these. */
  readonly stages: readonly StageRange[];
  readonly width: number;
  readonly height: number;
}

interface ArmLines {
  readonly style: ArmStyle;
  readonly seeds: readonly (readonly (readonly [step: number, loss: number])[])[];
  readonly mean: readonly (readonly [step: number, loss: number])[];
}

/** @returns the chart, and how many steps each drawn point averages. */
export function renderLossChart(options: LossChartOptions): { readonly svg: string; readonly window: number } {
  const { id, title, curves, styles, stages, width, height } = options;
  const from = Math.min(...stages.map((stage) => stage.from));
  const to = Math.max(...stages.map((stage) => stage.to));
  const window = Math.max(1, Math.ceil((to - from) / WINDOWS));
  const arms = armLines(curves, styles, stages, window);
  const losses = arms.flatMap((arm) => arm.seeds.flat().map(([, loss]) => loss));
  const range = axisRange(losses, height > 240 ? 5 : 4);
  const steps = axisRange([from, to], width > 500 ? 9 : 5);
  const series: LineSeriesOption[] = [
    ...arms.flatMap(({ style, seeds }) => seeds.map((points) => line(points, style, false))),
    ...arms.map(({ style, mean: points }) => line(points, style, true)),
    stageLines(stages, (width - LEFT - RIGHT) / (to - from)),
  ];
  const option: EChartsOption = {
    grid: { left: LEFT, right: RIGHT, top: stages.length > 1 ? 26 : 10, bottom: 48 },
    xAxis: {
      type: 'value',
      min: from,
      max: to,
      // Steps are whole numbers.
      interval: Math.max(1, steps.interval),
      name: 'Optimizer step',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: INK, fontSize: FONT_SIZE },
      axisLabel: {
        color: MUTED,
        fontSize: FONT_SIZE,
        hideOverlap: true,
        formatter: (value: number) => formatCount(value),
      },
      axisLine: { lineStyle: { color: MUTED } },
      axisTick: { show: true, lineStyle: { color: MUTED } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: range.min,
      max: range.max,
      interval: range.interval,
      name: 'Loss (nats per token)',
      nameLocation: 'middle',
      nameGap: 42,
      nameTextStyle: { color: INK, fontSize: FONT_SIZE },
      axisLabel: {
        color: MUTED,
        fontSize: FONT_SIZE,
        formatter: (value: number) => formatFixed(value, range.decimals),
      },
      axisLine: { show: false },
      splitLine: { lineStyle: { color: RULE } },
    },
    series,
  };
  const ends = arms.map(
    ({ style, mean: points }) => `${style.label} ${formatFixed(points.at(-1)?.[1] ?? Number.NaN, 3)}`,
  );
  const description = `Mean loss at the end: ${ends.join(', ')}. Stages: ${stages.map((stage) => stage.name).join(', ')}.`;
  return { svg: renderSvgChart(option, { width, height }, { id, title, description }), window };
}

function armLines(
  curves: readonly LossCurveView[],
  styles: ReadonlyMap<string, ArmStyle>,
  stages: readonly StageRange[],
  window: number,
): ArmLines[] {
  const ids = [...new Set([...styles.keys(), ...curves.map((curve) => curve.arm)])];
  return ids.flatMap((arm) => {
    const seeds = curves.filter((curve) => curve.arm === arm).map((curve) => windowMeans(curve.points, stages, window));
    if (seeds.every((points) => points.size === 0)) return [];
    const shared = [...(seeds[0]?.keys() ?? [])].filter((key) => seeds.every((points) => points.has(key)));
    const meanPoints = shared.map((key) => {
      const points = seeds.map((seed) => seed.get(key) ?? ([Number.NaN, Number.NaN] as const));
      return [mean(points.map(([step]) => step)), mean(points.map(([, loss]) => loss))] as const;
    });
    return [{ style: styleOf(styles, arm), seeds: seeds.map((points) => [...points.values()]), mean: meanPoints }];
  });
}

function windowMeans(
  points: LossCurveView['points'],
  stages: readonly StageRange[],
  window: number,
): ReadonlyMap<string, readonly [step: number, loss: number]> {
  const sums = new Map<string, { steps: number; losses: number; count: number }>();
  for (const { step, loss } of points) {
    const stage = stages.findIndex(({ from, to }) => step >= from && step <= to);
    if (stage < 0) continue;
    const key = `${stage}:${Math.floor((step - (stages[stage]?.from ?? 0)) / window)}`;
    const sum = sums.get(key) ?? { steps: 0, losses: 0, count: 0 };
    sum.steps += step;
    sum.losses += loss;
    sum.count += 1;
    sums.set(key, sum);
  }
  return new Map([...sums].map(([key, { steps, losses, count }]) => [key, [steps / count, losses / count]]));
}

function line(
  points: readonly (readonly [number, number])[],
  { color, dash }: ArmStyle,
  thick: boolean,
): LineSeriesOption {
  return {
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    symbol: 'circle',
    symbolSize: 5,
    // A line through one point is invisible: mark it.
    showSymbol: points.length === 1,
    itemStyle: { color },
    lineStyle: {
      color,
      width: thick ? 2.6 : 0.9,
      opacity: thick ? 1 : 0.4,
      type: thick && dash !== 'solid' ? [...dash] : 'solid',
    },
    data: points.map(([step, loss]) => [step, loss]),
  };
}

function stageLines(stages: readonly StageRange[], pixelsPerStep: number): LineSeriesOption {
  return {
    type: 'line',
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: MUTED, type: [2, 3], width: 1 },
      data: stages.map(({ name, from, to }, index) => {
        const room = (to - from) * pixelsPerStep;
        const full = `${index + 1} ${singleLineText(name, 24)}`;
        // 6.6 px is a wide guess of a letter at this size: better a bare number than two names on top of each other.
        const text = full.length * 6.6 < room ? full : `${index + 1}`;
        return {
          xAxis: from,
          label: {
            show: stages.length > 1,
            formatter: () => text,
            position: 'end' as const,
            align: 'left' as const,
            distance: [4, 4],
            color: INK,
            fontSize: 11.5,
            textBorderWidth: 0,
          },
        };
      }),
    },
  };
}
