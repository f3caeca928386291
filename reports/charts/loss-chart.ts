/**
 * Loss against step: each seed thin, each arm's mean thick, stage boundaries as labelled vertical lines.
 */
import type { EChartsOption, LineSeriesOption } from 'echarts';
import type { ArmStyle } from '../arm-style.js';
import type { LossCurveView } from '../finding-report-view.js';
import { formatCount, formatFixed } from '../numbers.js';
import { singleLineText } from '../untrusted-text.js';
import { axisRange, labelledRange } from './axis-ticks.js';
import { type LossLinesOptions, type LossPoint, lossLines } from './loss-lines.js';
import { FONT_SIZE, INK, MUTED, renderSvgChart } from './svg-chart.js';
import { horizontalAxis, verticalAxis } from './value-axis.js';

const LEFT = 58;
const RIGHT = 16;

type StageRange = LossCurveView['stages'][number];

export interface LossChartOptions extends LossLinesOptions {
  /** Draws the seeds; with many arms the means alone are readable. */
  readonly seeds?: boolean;
  /** Losses that the axis must hold besides those drawn, so that charts beside each other share it. */
  readonly losses?: readonly number[];
  /** Step that the axis must reach besides those drawn, likewise. */
  readonly upTo?: number;
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly height: number;
}

/** @returns the chart, and the most steps that one of its points averages (0: the points are those of the view). */
export function renderLossChart(options: LossChartOptions): { readonly svg: string; readonly window: number } {
  const { id, title, only, width, height, seeds: showSeeds = true, losses = [], upTo } = options;
  const stages = only === undefined ? options.stages : options.stages.slice(only, only + 1);
  const { arms, window } = lossLines(options);
  const points = arms.flatMap((arm) => (showSeeds ? arm.seeds.flat() : arm.mean));
  const range = axisRange([...points.map(([, loss]) => loss), ...losses], height > 240 ? 5 : 4);
  const ends = [
    ...stages.flatMap(({ from, to }) => [from, to]),
    ...points.map(([step]) => step),
    ...(upTo === undefined ? [] : [upTo]),
  ];
  const steps = labelledRange(ends, {
    ticks: width > 500 ? 9 : 5,
    length: width - LEFT - RIGHT,
    size: FONT_SIZE,
    format: formatCount,
  });
  const series: LineSeriesOption[] = [
    ...arms.flatMap(({ style, seeds }) => (showSeeds ? seeds.map((points) => line(points, style, false)) : [])),
    ...arms.map(({ style, mean: points }) => line(points, arms.length > 1 ? style : { ...style, dash: [] }, true)),
    stageLines(stages, (width - LEFT - RIGHT) / (steps.max - steps.min)),
  ];
  const option: EChartsOption = {
    grid: { left: LEFT, right: RIGHT, top: stages.length > 1 ? 26 : 10, bottom: 48 },
    // Steps are whole numbers.
    xAxis: horizontalAxis({
      range: { ...steps, interval: Math.max(1, steps.interval) },
      name: 'Optimizer step',
      format: formatCount,
    }),
    yAxis: verticalAxis({ range, name: height > 240 ? 'Loss (nats per answer token)' : 'Loss (nats per token)' }),
    series,
  };
  const lastLosses = arms.map(
    ({ style, mean: points }) => `${style.label} ${formatFixed(points.at(-1)?.[1] ?? Number.NaN, 3)}`,
  );
  const description = `Mean loss at the end: ${lastLosses.join(', ')}. Stages: ${stages.map((stage) => stage.name).join(', ')}.`;
  return { svg: renderSvgChart(option, { width, height }, { id, title, description }), window };
}

function line(points: readonly LossPoint[], { color, dash }: ArmStyle, thick: boolean): LineSeriesOption {
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
      type: thick && dash.length > 0 ? [...dash] : 'solid',
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
      data: (stages.length > 1 ? stages : []).map(({ name, from, to }, index) => {
        const room = (to - from) * pixelsPerStep;
        const full = `${index + 1} ${singleLineText(name, 24)}`;
        // 6.6 px is a wide guess of a letter at this size: better a bare number, or none, than two on top of each other.
        const text = full.length * 6.6 < room ? full : room > 9 ? `${index + 1}` : '';
        return {
          xAxis: from,
          label: {
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
