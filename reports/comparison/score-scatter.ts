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
const LEFT = 58;
const TOP = 12;
const BOTTOM = 50;
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
    words(LEFT + 8, TOP + 16, 'start', `${short(better[0]!.name)} better`, INK),
    words(LEFT + PLOT - 8, TOP + PLOT - 9, 'end', `${short(better[1]!.name)} better`, INK),
    words(LEFT + PLOT / 2, SIZE.height - 8, 'middle', `${short(metric)} per image, ${short(across.name)}`, INK),
    `<g transform="rotate(-90 14 ${TOP + PLOT / 2})">${words(14, TOP + PLOT / 2, 'middle', short(upwards.name), INK)}</g>`,
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
    x: LEFT + share(cell.x / cell.count) * PLOT,
    y: TOP + PLOT - share(cell.y / cell.count) * PLOT,
  }));
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
  const at = (value: number) => tenth(((value - min) / (max - min)) * PLOT);
  const lines = ticks.map((tick) => `M${LEFT + at(tick)} ${TOP}v${PLOT}M${LEFT} ${TOP + PLOT - at(tick)}h${PLOT}`);
  return [
    `<path d="${lines.join('')}" stroke="${RULE}" fill="none"/>`,
    `<path d="M${LEFT} ${TOP + PLOT}L${LEFT + PLOT} ${TOP}" stroke="${MUTED}" stroke-dasharray="5 4" fill="none"/>`,
    ...ticks.map((tick) => words(LEFT + at(tick), TOP + PLOT + 18, 'middle', formatFixed(tick, decimals), MUTED)),
    ...ticks.map((tick) => words(LEFT - 7, TOP + PLOT - at(tick) + 4, 'end', formatFixed(tick, decimals), MUTED)),
  ].join('\n');
}

function words(x: number, y: number, anchor: 'start' | 'middle' | 'end', text: string, color: string): string {
  return `<text x="${tenth(x)}" y="${tenth(y)}" text-anchor="${anchor}" font-size="${FONT_SIZE}" fill="${color}" stroke="${PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${escapeMarkup(text)}</text>`;
}

function short(text: string): string {
  return singleLineText(text, 24);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
