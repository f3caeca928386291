/**
 * Soft-edged shapes on an RGB canvas. A pixel takes the share of a shape's colour that the shape covers, counted on a grid of 3×3 points
 * inside the pixel; only + − × ÷, so the values are the same on every machine.
 */

export type Rgb = readonly [red: number, green: number, blue: number];

/** Colours before noise and rounding, in row-major height × width × channel order. */
export interface Canvas {
  readonly side: number;
  readonly values: Float64Array; // [side, side, 3]
}

/** A shape around its own centre: whether it covers a point, in pixels from the centre, and how far it can reach. */
export interface Outline {
  readonly reach: number;
  covers(x: number, y: number): boolean;
}

/** A direction of length one; y grows downwards. */
export type Direction = readonly [x: number, y: number];

const POINTS_PER_SIDE = 3;

/** A disc. */
export const disc = (radius: number): Outline => ({
  reach: radius,
  covers: (x, y) => x * x + y * y < radius * radius,
});

/** An ellipse with its long axis along a direction. */
export const ellipse = (long: number, short: number, [directionX, directionY]: Direction): Outline => ({
  reach: long,
  covers: (x, y) => {
    const along = (x * directionX + y * directionY) / long;
    const across = (x * directionY - y * directionX) / short;
    return along * along + across * across < 1;
  },
});

/** The polygon through the points in their order. */
export function polygon(points: readonly (readonly [x: number, y: number])[]): Outline {
  const xs = Float64Array.from(points, ([x]) => x);
  const ys = Float64Array.from(points, ([, y]) => y);
  const squaredReach = Math.max(...points.map(([x, y]) => x * x + y * y));
  return {
    reach: Math.sqrt(squaredReach),
    covers: (x, y) => {
      if (x * x + y * y > squaredReach) return false;
      // Even–odd rule: how many edges does a ray from the point to the right cross?
      let inside = false;
      for (let end = 0, start = xs.length - 1; end < xs.length; start = end++) {
        const endY = ys[end]!;
        const startY = ys[start]!;
        if (endY > y === startY > y) continue;
        if (x < ((xs[start]! - xs[end]!) * (y - endY)) / (startY - endY) + xs[end]!) inside = !inside;
      }
      return inside;
    },
  };
}

/** Lays a colour over the pixels of an outline, `opacity` from 0 to 1; what lies outside the canvas is dropped. */
export function paint(
  { side, values }: Canvas,
  outline: Outline,
  [centerX, centerY]: readonly [x: number, y: number],
  color: Rgb,
  opacity = 1,
): void {
  const first = (center: number) => Math.max(0, Math.floor(center - outline.reach));
  const last = (center: number) => Math.min(side - 1, Math.floor(center + outline.reach));
  for (let y = first(centerY); y <= last(centerY); y++) {
    for (let x = first(centerX); x <= last(centerX); x++) {
      const share = opacity * coverage(outline, x - centerX, y - centerY);
      for (let channel = 0; channel < 3; channel++) {
        const i = (y * side + x) * 3 + channel;
        values[i] = values[i]! + (color[channel]! - values[i]!) * share;
      }
    }
  }
}

/** Share of a pixel that lies inside the outline; the pixel's corner is given from the outline's centre. */
function coverage({ covers }: Outline, left: number, top: number): number {
  let covered = 0;
  for (let row = 0; row < POINTS_PER_SIDE; row++) {
    for (let column = 0; column < POINTS_PER_SIDE; column++) {
      if (covers(left + (column + 0.5) / POINTS_PER_SIDE, top + (row + 0.5) / POINTS_PER_SIDE)) covered += 1;
    }
  }
  return covered / (POINTS_PER_SIDE * POINTS_PER_SIDE);
}
