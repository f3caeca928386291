/**
 * Points at which what is random about growing normal samples, besides their mean, is averaged: the sum of squares at the first look, and
 * for each later one the contrast between old and new seeds and the sum of squares of the new ones around their own mean. All of them are
 * independent, so that a point of the unit cube gives each by its quantiles. Spread is 1.
 */
import { normalDistribution } from '../../metrics/numerics/normal-distribution.js';
import { randomStream } from '../../reference-model/numerics/random.js';
import { chiSquareQuantile } from './chi-square.js';
import { tabulatedNormalQuantile } from './normal-table.js';

export interface QuadratureNodes {
  readonly count: number;
  /** Sets of as many points each, in order, that were shifted at random: their averages are independent. */
  readonly shifts: number;
  /** Sum of squares at the first look, one for each node. */
  readonly squares: Float64Array;
  /** Standard normal; by look after the first, then by node. */
  readonly contrasts: readonly Float64Array[];
  /** By look after the first, then by node; 0 where a single seed is added. */
  readonly addedSquares: readonly Float64Array[];
}

const shifts = 8;
const perShift = 2048;

/** @param looks seeds at each look, ascending from at least 2 */
export function quadratureNodes(looks: readonly number[]): QuadratureNodes {
  const count = looks.length < 2 ? 0 : shifts * perShift;
  const scores = Array.from({ length: 2 * looks.length - 1 }, (_, dimension) => normalScores(dimension, count));
  const added = looks.slice(1).map((seeds, index) => seeds - looks[index]!);
  return {
    count,
    shifts,
    squares: squaresAt(scores[0]!, looks[0]! - 1),
    contrasts: added.map((_, index) => scores[2 * index + 1]!),
    addedSquares: added.map((seeds, index) => squaresAt(scores[2 * index + 2]!, seeds - 1)),
  };
}

/** One coordinate of Richtmyer's points, shifted modulo 1 and folded at ½, as a standard normal variable. */
function normalScores(dimension: number, count: number): Float64Array {
  const irrational = Math.sqrt(prime(dimension)) % 1;
  const stream = randomStream(1, 'quadrature', dimension);
  const scores = new Float64Array(count);
  let shift = 0;
  for (let node = 0; node < count; node++) {
    if (node % perShift === 0) shift = stream.uniform();
    const place = (((node % perShift) + 1) * irrational + shift) % 1;
    scores[node] = tabulatedNormalQuantile(Math.abs(2 * place - 1));
  }
  return scores;
}

function prime(index: number): number {
  let candidate = 2;
  for (let found = 0; ; candidate++) {
    let divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor++;
    if (divisor * divisor > candidate && found++ === index) return candidate;
  }
}

const knotsPerUnit = 16;
/** Scores lie between ∓8. */
const reach = 8;

/**
 * Chi-square values of normal scores. The cube root of χ² is almost a line in the score (Wilson and Hilferty 1931, PNAS 17), so that lines
 * between few knots are exact enough.
 */
function squaresAt(scores: Float64Array, degreesOfFreedom: number): Float64Array {
  if (degreesOfFreedom === 0 || scores.length === 0) return new Float64Array(scores.length);
  const roots = Float64Array.from({ length: 2 * reach * knotsPerUnit + 2 }, (_, knot) =>
    Math.cbrt(chiSquareQuantile(probabilityAt(knot / knotsPerUnit - reach), degreesOfFreedom)),
  );
  return scores.map((score) => {
    const place = (score + reach) * knotsPerUnit;
    const knot = Math.floor(place);
    return (roots[knot]! + (place - knot) * (roots[knot + 1]! - roots[knot]!)) ** 3;
  });
}

function probabilityAt(score: number): number {
  return Math.min(1 - 1e-15, Math.max(1e-15, normalDistribution(score)));
}
