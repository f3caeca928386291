/**
 * Quantiles of the chi-square distribution with whole degrees of freedom, by the finite sums for its tail (Abramowitz & Stegun 26.4.4 and
 * 26.4.5) and bisection.
 */
import { normalDistribution } from '../../metrics/numerics/normal-distribution.js';

/** The x with P(χ² ≤ x) = `probability`. @throws RangeError for a probability outside (0, 1) or degrees of freedom that are not whole */
export function chiSquareQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1) || !(Number.isInteger(degreesOfFreedom) && degreesOfFreedom >= 1)) {
    throw new RangeError(`no chi-square quantile at ${probability} with ${degreesOfFreedom} degrees of freedom`);
  }
  let low = 0;
  let high = degreesOfFreedom;
  while (1 - upperTail(high, degreesOfFreedom) < probability) high *= 2;
  for (let halving = 0; halving < 100; halving++) {
    const middle = (low + high) / 2;
    if (1 - upperTail(middle, degreesOfFreedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function upperTail(x: number, degreesOfFreedom: number): number {
  const odd = degreesOfFreedom % 2 === 1;
  const root = Math.sqrt(x);
  // Terms x^(r + ½) ÷ (1 · 3 · 5 …) for odd, (x/2)^r ÷ r! for even degrees of freedom; each from the one before.
  let term = odd ? root : 1;
  let sum = odd ? 0 : 1;
  let logDensity = -x / 2;
  for (let order = odd ? 1 : 2; order < degreesOfFreedom; order += 2) {
    if (odd) {
      sum += term;
      term *= x / (order + 2);
    } else {
      term *= x / order;
      sum += term;
    }
    // With a thousand degrees of freedom and more the sum would overflow and the density vanish.
    if (sum > 1e100) {
      sum /= 1e100;
      term /= 1e100;
      logDensity += Math.log(1e100);
    }
  }
  const density = Math.exp(logDensity);
  return odd ? 2 * normalDistribution(-root) + Math.sqrt(2 / Math.PI) * density * sum : density * sum;
}
