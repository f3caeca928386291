/**
 * Scores of every image, one system across and one upwards, with the diagonal on which both are equal. Images that lie close together
 * are one square whose area grows with their number, so that the picture stays light however many images there are.
 */
import { type AxisRange, axisRange } from '../charts/axis-ticks.js';
import { describedSvg, FONT_SIZE, INK, MUTED, PAPER, RULE } from '../charts/svg-chart.js';
import { formatCount, formatFixed } from '../numbers.js';
import { escapeMarkup, singleLineText } from '../untrusted-text.js';
import type { SystemStyle } from './system-style.js';

export interface ScoreScatterOptions {
  readonly id: string;
  readonly metric: string;
  readonly across: SystemStyle;
  readonly upwards: SystemStyle;
  /** Scores of the images, in one order. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly higherIsBetter: boolean;
}

const PLOT = 330;
/** Between the frame and the least and greatest score, so that no mark stands on the frame. */
const INSET = 16;
const LEFT = 78;
const TOP = 48;
const BOTTOM = 64;
const SIZE = { width: LEFT + PLOT + 14, height: TOP + PLOT + BOTTOM };
const CELLS = 40;
/** Side of the square of one image where there is room, and of the smallest that can be seen. */
const SINGLE = 4.2;
const SMALLEST = 2.4;

type Side = 'above' | 'below' | 'equal';

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly side: Side;
  readonly count: number;
}

export function renderScoreScatter(options: ScoreScatterOptions): string {
  const { id, metric, across, upwards, x, y, higherIsBetter } = options;
  const range = axisRange([...x, ...y], 5);
  const cells = gather(x, y, range);
  const most = Math.max(1, ...cells.map(({ count }) => count));
  // Few places, as with shares of two questions, leave room for larger squares.
  const largest = cells.length <= 60 ? 26 : PLOT / CELLS;
  const unit = Math.min(SINGLE, largest / Math.sqrt(most));
  const lengthOf = (count: number) => Math.max(SMALLEST, unit * Math.sqrt(count));
  const better = higherIsBetter ? [upwards, across] : [across, upwards];
  const content = [
    frame(range),
    squares(cells, lengthOf, 'above', better[0]!.color),
    squares(cells, lengthOf, 'below', better[1]!.color),
    squares(cells, lengthOf, 'equal', MUTED),
    sideKey(14, better[0]!, 'above'),
    sideKey(34, better[1]!, 'below'),
    axisName(LEFT + PLOT / 2, SIZE.height - 24, across.name, metric),
    `<g transform="rotate(-90 16 ${TOP + PLOT / 2})">${axisName(16, TOP + PLOT / 2, upwards.name, metric)}</g>`,
  ].join('\n');
  return describedSvg(content, SIZE, {
    id,
    title: `${metric} of every image: ${upwards.name} against ${across.name}`,
    description:
      `${formatCount(x.length)} images; across: ${across.name}, upwards: ${upwards.name}. Above the diagonal ` +
      `${better[0]!.name} is better. ${most === 1 ? 'Each square is one image.' : `The largest square stands for ${formatCount(most)} images.`}`,
  });
}

/** Images by cell of a grid, those on the diagonal apart from their neighbours; a cell stands at the mean of its images. */
function gather(x: readonly number[], y: readonly number[], { min, max }: AxisRange): readonly Cell[] {
  const sums = new Map<string, { x: number; y: number; side: Side; count: number }>();
  const share = (value: number) => (value - min) / (max - min);
  const place = (value: number) => Math.min(CELLS - 1, Math.floor(share(value) * CELLS));
  x.forEach((across, image) => {
    const upwards = y[image] ?? across;
    const side = upwards > across ? 'above' : upwards < across ? 'below' : 'equal';
    const key = `${place(across)} ${place(upwards)} ${side}`;
    const cell = sums.get(key) ?? { x: 0, y: 0, side, count: 0 };
    sums.set(key, { x: cell.x + across, y: cell.y + upwards, side, count: cell.count + 1 });
  });
  return [...sums.values()].map((cell) => ({
    ...cell,
    x: LEFT + along(share(cell.x / cell.count)),
    y: TOP + PLOT - along(share(cell.y / cell.count)),
  }));
}

/** Pixels from the corner of the frame. */
function along(share: number): number {
  return INSET + share * (PLOT - 2 * INSET);
}

/** All squares of one colour as one path. */
function squares(cells: readonly Cell[], lengthOf: (count: number) => number, side: Side, color: string): string {
  const path = cells
    .filter((cell) => cell.side === side)
    .map((cell) => {
      const length = tenth(lengthOf(cell.count));
      return `M${tenth(cell.x - length / 2)} ${tenth(cell.y - length / 2)}h${length}v${length}h-${length}z`;
    })
    .join('');
  return path === '' ? '' : `<path d="${path}" fill="${color}"/>`;
}

function frame({ min, max, interval, decimals }: AxisRange): string {
  const ticks = Array.from({ length: Math.round((max - min) / interval) + 1 }, (_, index) => min + index * interval);
  const at = (value: number) => tenth(along((value - min) / (max - min)));
  const lines = ticks.map((tick) => `M${LEFT + at(tick)} ${TOP}v${PLOT}M${LEFT} ${TOP + PLOT - at(tick)}h${PLOT}`);
  return [
    `<path d="${lines.join('')}M${LEFT} ${TOP}h${PLOT}v${PLOT}h-${PLOT}z" stroke="${RULE}" fill="none"/>`,
    `<path d="M${LEFT} ${TOP + PLOT}L${LEFT + PLOT} ${TOP}" stroke="${MUTED}" stroke-dasharray="5 4" fill="none"/>`,
    ...ticks.map((tick) => words(LEFT + at(tick), TOP + PLOT + 18, 'middle', formatFixed(tick, decimals), MUTED)),
    ...ticks.map((tick) => words(LEFT - 7, TOP + PLOT - at(tick) + 4, 'end', formatFixed(tick, decimals), MUTED)),
  ].join('\n');
}

/** Above the plot, where it hides no image: who is better on that side of the diagonal. */
function sideKey(y: number, { name, color }: SystemStyle, side: 'above' | 'below'): string {
  const square = `<rect x="${LEFT}" y="${y - 10}" width="10" height="10" fill="${color}"/>`;
  return `${square}${words(LEFT + 16, y, 'start', `${side} the line: ${singleLineText(name, 30)} better`, INK)}`;
}

/** The system, and below it what is measured. */
function axisName(x: number, y: number, system: string, metric: string): string {
  return `${words(x, y, 'middle', short(system), INK)}${words(x, y + 16, 'middle', `${short(metric)} per image`, MUTED)}`;
}

function words(x: number, y: number, anchor: 'start' | 'middle' | 'end', text: string, color: string): string {
  return `<text x="${tenth(x)}" y="${tenth(y)}" text-anchor="${anchor}" font-size="${FONT_SIZE}" fill="${color}" stroke="${PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${escapeMarkup(text)}</text>`;
}

function short(text: string): string {
  return singleLineText(text, 44);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
