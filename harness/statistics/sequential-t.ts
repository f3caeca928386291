/**
 * The joint distribution of t statistics over growing normal samples without an effect, exact for every n. Of a sample only its
 * direction counts, a uniform point on the sphere; φ is its angle to the hyperplane of mean 0, so that t = √(n − 1) tan φ. Given φ at a
 * later look, the rest of the direction is uniform again and independent of later data, so that φ is a Markov process backwards in
 * time, and "no boundary crossed so far" can be carried from look to look as a function of φ.
 */
import { studentTCdf } from './student-t.js';

/** For samples of n, the chance not to have crossed at an earlier look, at equally spaced angles from −limit to limit. */
export interface Path {
  readonly n: number;
  readonly limit: number;
  readonly open: Float64Array;
}

const INTERVALS = 400;

/** Where the density cosⁿ⁻² φ is no longer worth counting. */
function limitOf(n: number): number {
  return Math.min(Math.PI / 2, 8 / Math.sqrt(n));
}

export function firstPath(n: number): Path {
  return { n, limit: limitOf(n), open: new Float64Array(INTERVALS + 1).fill(1) };
}

/** P(angle ≥ boundary) without regard to earlier looks. */
export function angleTail(boundary: number, n: number): number {
  return studentTCdf(-Math.sqrt(n - 1) * Math.tan(boundary), n - 1);
}

/**
 * The path at the next look, for n + added seeds. With a, b the scaled sums of the old and the new seeds, w' = sin φ' their common mean
 * direction, and the directions of the rest by the angles ψ (contrast between old and new) and θ (spread of the old against the new).
 */
export function nextPath(path: Path, boundary: number, n: number): Path {
  const added = n - path.n;
  const limit = limitOf(n);
  const contrast = angles(-limit, limit, 300, (psi) => Math.cos(psi) ** (n - 3));
  const spreads = added === 1 ? [{ angle: 0, weight: 1 }] : spreadAngles(path.n, added);
  // The innermost loop has millions of turns: cosines are taken out of it, and before a second look every path is open below the boundary.
  const cosines = Float64Array.from(spreads, ({ angle }) => Math.cos(angle));
  const weights = Float64Array.from(spreads, ({ weight }) => weight);
  const isFirst = path.open.every((chance) => chance === 1);
  const slope = boundary < Math.PI / 2 ? Math.tan(boundary) : Number.POSITIVE_INFINITY;
  const [oldShare, newShare] = [Math.sqrt(path.n / n), Math.sqrt(added / n)];
  const open = new Float64Array(INTERVALS + 1);
  for (let point = 0; point <= INTERVALS; point++) {
    const angle = -limit + (2 * limit * point) / INTERVALS;
    for (const psi of contrast) {
      const sum = oldShare * Math.sin(angle) + newShare * Math.cos(angle) * Math.sin(psi.angle);
      const rest = Math.cos(angle) * Math.cos(psi.angle);
      for (let theta = 0; theta < weights.length; theta++) {
        if (isFirst) {
          if (sum < slope * rest * cosines[theta]!) open[point]! += psi.weight * weights[theta]!;
          continue;
        }
        const before = Math.atan2(sum, rest * cosines[theta]!);
        if (before < boundary) open[point]! += psi.weight * weights[theta]! * openAt(path, before);
      }
    }
  }
  return { n, limit, open };
}

function spreadAngles(before: number, added: number): readonly WeightedAngle[] {
  const centre = Math.atan(Math.sqrt((added - 1) / (before - 1)));
  const reach = 6 / Math.sqrt(2 * (before + added));
  return angles(
    Math.max(0, centre - reach),
    Math.min(Math.PI / 2, centre + reach),
    32,
    (theta) => Math.cos(theta) ** (before - 2) * Math.sin(theta) ** (added - 2),
  );
}

interface WeightedAngle {
  readonly angle: number;
  readonly weight: number;
}

/** Midpoints with weights that sum to 1. */
function angles(from: number, to: number, count: number, density: (angle: number) => number): readonly WeightedAngle[] {
  const points = Array.from({ length: count }, (_, index) => {
    const angle = from + ((index + 0.5) * (to - from)) / count;
    return { angle, weight: density(angle) };
  });
  const total = points.reduce((sum, { weight }) => sum + weight, 0);
  return points.map(({ angle, weight }) => ({ angle, weight: weight / total }));
}

function openAt({ limit, open }: Path, angle: number): number {
  const position = ((Math.min(limit, Math.max(-limit, angle)) + limit) * INTERVALS) / (2 * limit);
  const lower = Math.min(INTERVALS - 1, Math.floor(position));
  return open[lower]! + (position - lower) * (open[lower + 1]! - open[lower]!);
}

/** The angle that paths reach now for the first time with the given probability. */
export function solveCrossing(path: Path, probability: number): number {
  let low = 0;
  let high = path.limit;
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    if (crossing(path, middle) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(angle ≥ boundary, and no boundary crossed before): the marginal tail, weighted by the chance to be open still. */
function crossing(path: Path, boundary: number): number {
  const pieces = angles(boundary, path.limit, 200, (angle) => Math.cos(angle) ** (path.n - 2));
  const open = pieces.reduce((sum, { angle, weight }) => sum + weight * openAt(path, angle), 0);
  return angleTail(boundary, path.n) * open;
}
