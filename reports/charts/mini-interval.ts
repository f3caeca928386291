/** A mean with its interval on a line of its own, zero in the middle: one row of the small forest plot beside a table. */
import type { ArmStyle } from '../arm-style.js';
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
  readonly style: ArmStyle;
}

/** @returns the row; without an interval (one seed, no spread) only the zero line and the mean. */
export function renderMiniInterval({ id, title, description, mean, low, high, style }: MiniIntervalOptions): string {
  const reach = Math.max(...[mean, low, high].filter(Number.isFinite).map(Math.abs), Number.MIN_VALUE) * 1.12;
  const x = (value: number): number => Math.round((WIDTH / 2 + (value / reach) * (WIDTH / 2 - 4)) * 10) / 10;
  const middle = HEIGHT / 2;
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  const content = [
    `<path d="M2 ${middle}H${WIDTH - 2}" stroke="var(--rule)" stroke-width="1"/>`,
    `<path d="M${WIDTH / 2} 3V${HEIGHT - 3}" stroke="var(--ink)" stroke-width="1.2"/>`,
    bounded
      ? `<path d="M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 5}v10M${x(high)} ${middle - 5}v10" fill="none" stroke="${style.color}" stroke-width="2.5"/>`
      : '',
    Number.isFinite(mean)
      ? `<path d="M${x(mean) - 6} ${middle}l6 -6l6 6l-6 6z" fill="${style.color}" stroke="var(--paper)" stroke-width="1.2"/>`
      : '',
  ].join('');
  return describedSvg(content, { width: WIDTH, height: HEIGHT }, { id, title, description });
}
