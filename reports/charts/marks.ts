/** Marks that several charts share: markers of arms, the bars of intervals, the diamond of a mean. */
import type { LineStyle } from '../arm-style.js';
import { PAPER } from './svg-chart.js';

export type Place = readonly number[];

export function lineBetween([x1 = 0, y1 = 0]: Place, [x2 = 0, y2 = 0]: Place) {
  return { x1, y1, x2, y2 };
}

/** Filled, or hollow so that a mark of nearly the same place stays visible. */
export function markerShape({ marker, hollow, color }: LineStyle, [x = 0, y = 0]: Place, size: number) {
  const style = hollow ? { fill: PAPER, stroke: color, lineWidth: 2.2 } : { fill: color };
  switch (marker) {
    case 'disc':
      return { type: 'circle' as const, shape: { cx: x, cy: y, r: size }, style };
    case 'square':
      return { type: 'rect' as const, shape: { x: x - size, y: y - size, width: 2 * size, height: 2 * size }, style };
    case 'triangle':
      return {
        type: 'polygon' as const,
        shape: {
          points: [
            [x - 1.15 * size, y + 0.9 * size],
            [x, y - 1.15 * size],
            [x + 1.15 * size, y + 0.9 * size],
          ],
        },
        style,
      };
    case 'diamond':
      return { type: 'polygon' as const, shape: { points: diamond(x, y, 1.25 * size) }, style };
    default:
      return marker satisfies never;
  }
}

/** The bar of an interval with its whiskers, lying or standing. */
export function intervalBar(low: Place, high: Place, color: string, { width = 4, standing = false } = {}) {
  return [
    { type: 'line' as const, shape: lineBetween(low, high), style: { stroke: color, lineWidth: width } },
    ...[low, high].map(([x = 0, y = 0]) => ({
      type: 'line' as const,
      shape: standing ? { x1: x - 5, y1: y, x2: x + 5, y2: y } : { x1: x, y1: y - 6, x2: x, y2: y + 6 },
      style: { stroke: color, lineWidth: 2 },
    })),
  ];
}

/** The diamond of a mean. */
export function meanDiamond([x = 0, y = 0]: Place, color: string) {
  return {
    type: 'polygon' as const,
    shape: { points: diamond(x, y, 8) },
    style: { fill: color, stroke: PAPER, lineWidth: 1.5 },
  };
}

function diamond(x: number, y: number, size: number): number[][] {
  return [
    [x - size, y],
    [x, y - size],
    [x + size, y],
    [x, y + size],
  ];
}
