/** Images that one system wins, both share, and the other wins, as one bar. */
import { describedSvg } from '../charts/svg-chart.js';
import { formatCount } from '../numbers.js';
import type { SystemStyle } from './system-style.js';

export interface WinBarOptions {
  readonly id: string;
  readonly first: SystemStyle;
  readonly second: SystemStyle;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

const SIZE = { width: 150, height: 14 };

export function renderWinBar({ id, first, second, wins, ties, losses }: WinBarOptions): string {
  const total = Math.max(1, wins + ties + losses);
  const at = (count: number) => Math.round((count / total) * SIZE.width * 10) / 10;
  const part = (from: number, to: number, color: string) =>
    to > from ? `<path d="M${at(from)} 2H${at(to)}v10H${at(from)}z" fill="${color}"/>` : '';
  const content = [
    part(0, wins, first.color),
    part(wins, wins + ties, 'var(--rule)'),
    part(wins + ties, total, second.color),
  ].join('');
  return describedSvg(content, SIZE, {
    id,
    title: `Images: ${first.name} against ${second.name}`,
    description: `${formatCount(wins)} won by ${first.name}, ${formatCount(ties)} equal, ${formatCount(losses)} won by ${second.name}.`,
  });
}
