/** A mean with its interval on a line of its own, zero in the middle: one row of the small forest plot beside a table. */
import { describedSvg } from './svg-chart.js';

const WIDTH = 180;
const HEIGHT = 30;

export interface MiniIntervalOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly color: string;
  /** Drawn as a band around zero. */
  readonly margin?: number;
  /** Half of the axis; by default just enough for what is drawn. */
  readonly reach?: number;
  readonly width?: number;
}

/** @returns the row; without an interval (one seed, no spread) only the zero line and the mean. */
export function renderMiniInterval({
  id,
  title,
  description,
  mean,
  low,
  high,
  color,
  margin = 0,
  reach = intervalReach([mean, low, high, margin]),
  width = WIDTH,
}: MiniIntervalOptions): string {
  const x = (value: number): number => Math.round((width / 2 + (value / reach) * (width / 2 - 4)) * 10) / 10;
  const middle = HEIGHT / 2;
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  const content = [
    margin > 0
      ? `<rect x="${x(-margin)}" y="3" width="${Math.round((x(margin) - x(-margin)) * 10) / 10}" height="${HEIGHT - 6}" fill="var(--band)"/>`
      : '',
    `<path d="M2 ${middle}H${width - 2}" stroke="var(--rule)" stroke-width="1"/>`,
    `<path d="M${width / 2} 3V${HEIGHT - 3}" stroke="var(--ink)" stroke-width="1.2"/>`,
    bounded
      ? `<path d="M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 5}v10M${x(high)} ${middle - 5}v10" fill="none" stroke="${color}" stroke-width="2.5"/>`
      : '',
    Number.isFinite(mean)
      ? `<path d="M${Math.round((x(mean) - 6) * 10) / 10} ${middle}l6 -6l6 6l-6 6z" fill="${color}" stroke="var(--paper)" stroke-width="1.2"/>`
      : '',
  ].join('');
  return describedSvg(content, { width, height: HEIGHT }, { id, title, description });
}

/** @returns half the length of an axis around zero that holds all finite `values`. */
export function intervalReach(values: readonly number[]): number {
  return Math.max(...values.filter(Number.isFinite).map(Math.abs), Number.MIN_VALUE) * 1.12;
}
