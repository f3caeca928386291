/**
 * The standard normal distribution function and its inverse, from deterministic arithmetic only.
 * Φ by Marsaglia's series ("Evaluating the Normal Distribution", 2004), accurate to about 1e-15 for |x| < 7.
 */
import { exponential } from './deterministic-math.js';

const SQRT_2_PI = 2.5066282746310002;

export function normalDistribution(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let divisor = 3; sum + term !== sum || divisor < 9; divisor += 2) {
    term *= (x * x) / divisor;
    sum += term;
  }
  return 0.5 + (sum * exponential((-x * x) / 2)) / SQRT_2_PI;
}

/** The x with Φ(x) = probability; ∓8 beyond the range of the series. */
export function normalQuantile(probability: number): number {
  if (probability <= 1e-15) return -8;
  if (probability >= 1 - 1e-15) return 8;
  let low = -8;
  let high = 8;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
