/** Marks that several charts share: markers of arms, whiskers, diamonds, and a mean with its interval along one axis. */
import type { LineStyle } from '../arm-style.js';
import { PAPER } from './svg-chart.js';

export type Place = readonly number[];

export function lineBetween([x1 = 0, y1 = 0]: Place, [x2 = 0, y2 = 0]: Place) {
  return { x1, y1, x2, y2 };
}

/** A disc, or a hollow square, so that a disc of nearly the same score stays visible. */
export function markerShape({ marker, hollow, color }: LineStyle, [x = 0, y = 0]: Place, size: number) {
  const style = hollow ? { fill: 'none', stroke: color, lineWidth: 2.2 } : { fill: color };
  return marker === 'disc'
    ? { type: 'circle' as const, shape: { cx: x, cy: y, r: size }, style }
    : { type: 'rect' as const, shape: { x: x - size, y: y - size, width: 2 * size, height: 2 * size }, style };
}

/** The mean as a diamond on the bar of its interval, lying or standing. */
export function meanWithInterval(
  { mean, low, high }: { readonly mean: Place; readonly low: Place; readonly high: Place },
  color: string,
  {
    size = 8,
    width = 4,
    standing = false,
  }: { readonly size?: number; readonly width?: number; readonly standing?: boolean } = {},
) {
  const [x = 0, y = 0] = mean;
  return [
    { type: 'line' as const, shape: lineBetween(low, high), style: { stroke: color, lineWidth: width } },
    ...[low, high].map(([endX = 0, endY = 0]) => ({
      type: 'line' as const,
      shape: standing
        ? { x1: endX - 5, y1: endY, x2: endX + 5, y2: endY }
        : { x1: endX, y1: endY - 6, x2: endX, y2: endY + 6 },
      style: { stroke: color, lineWidth: 2 },
    })),
    {
      type: 'polygon' as const,
      shape: {
        points: [
          [x - size, y],
          [x, y - size],
          [x + size, y],
          [x, y + size],
        ],
      },
      style: { fill: color, stroke: PAPER, lineWidth: 1.5 },
    },
  ];
}
