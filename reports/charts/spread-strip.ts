/** How much seeds differ, on one line from 0: the pilot's estimate with a bar to its upper bound, and a diamond for what was observed. */
import { describedSvg } from './svg-chart.js';

const WIDTH = 420;
const HEIGHT = 34;

export interface SpreadStripOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly pilot: number;
  readonly upperBound: number;
  readonly observed: number;
}

export function renderSpreadStrip({ id, title, description, pilot, upperBound, observed }: SpreadStripOptions): string {
  const reach = Math.max(pilot, upperBound, observed) * 1.08;
  const x = (value: number): number => Math.round((12 + (value / reach) * (WIDTH - 24)) * 10) / 10;
  const middle = HEIGHT / 2;
  const content = [
    `<path d="M12 ${middle}H${WIDTH - 12}" stroke="var(--rule)" stroke-width="1"/>`,
    `<path d="M12 5V${HEIGHT - 5}" stroke="var(--ink)" stroke-width="1.2"/>`,
    `<path d="M${x(pilot)} ${middle}H${x(upperBound)}M${x(upperBound)} ${middle - 6}v12" fill="none" stroke="var(--treatment)" stroke-width="2.5"/>`,
    `<circle cx="${x(pilot)}" cy="${middle}" r="5" fill="var(--treatment)"/>`,
    `<path d="M${Math.round((x(observed) - 7) * 10) / 10} ${middle}l7 -7l7 7l-7 7z" fill="var(--paper)" stroke="var(--control)" stroke-width="2.4"/>`,
  ].join('');
  return describedSvg(content, { width: WIDTH, height: HEIGHT }, { id, title, description });
}
