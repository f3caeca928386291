/**
 * Student's t distribution for any positive number of degrees of freedom, by the regularised incomplete beta function
 * (NIST Digital Library of Mathematical Functions, §8.17). Accurate to about 1e-12; used for decisions, never inside a run.
 */

/** P(T ≤ t) with `degreesOfFreedom` > 0. */
export function studentTCdf(t: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0) || Number.isNaN(t)) {
    throw new RangeError(`Student's t needs degrees of freedom above 0 and a number, not ${degreesOfFreedom} and ${t}`);
  }
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0;
  const tail = 0.5 * upperShare(t, degreesOfFreedom);
  return t >= 0 ? 1 - tail : tail;
}

/** P(|T| ≥ |t|). */
export function studentTTwoSided(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) return 0;
  return upperShare(t, degreesOfFreedom);
}

/** The t with P(T ≤ t) = `probability`, 0 < probability < 1. */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1))
    throw new RangeError(`a probability lies between 0 and 1, not at ${probability}`);
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -studentTQuantile(1 - probability, degreesOfFreedom);
  let low = 0;
  let high = 1;
  while (studentTCdf(high, degreesOfFreedom) < probability) {
    low = high;
    high *= 2;
  }
  // Newton's method, which falls back to halving the bracket wherever it would leave it.
  let t = low + (high - low) / 2;
  const logDensityAt0 = -logBeta(degreesOfFreedom / 2, 0.5) - 0.5 * Math.log(degreesOfFreedom);
  for (let step = 0; step < 200; step++) {
    const excess = studentTCdf(t, degreesOfFreedom) - probability;
    if (excess < 0) low = t;
    else high = t;
    const logShape = -0.5 * (degreesOfFreedom + 1) * Math.log1p((t * t) / degreesOfFreedom);
    const newton = t - excess / Math.exp(logDensityAt0 + logShape);
    const next = newton > low && newton < high ? newton : low + (high - low) / 2;
    const moved = Math.abs(next - t);
    t = next;
    if (moved <= 1e-15 * t) break;
  }
  return t;
}

/** P(|T| ≥ |t|) = I_x(ν/2, 1/2) with x = ν / (ν + t²). */
function upperShare(t: number, degreesOfFreedom: number): number {
  const square = t * t;
  if (square === 0) return 1;
  // For small t, 1 − x keeps the digits that x has lost.
  const x = degreesOfFreedom / (degreesOfFreedom + square);
  return regularisedIncompleteBeta(x, square / (degreesOfFreedom + square), degreesOfFreedom / 2, 0.5);
}

/** I_x(a, b); `complement` is 1 − x, given on its own because it may be tiny. */
function regularisedIncompleteBeta(x: number, complement: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const logFront = a * Math.log(x) + b * Math.log(complement) - logBeta(a, b);
  // The continued fraction converges fast on the near side of the mean (a + 1) / (a + b + 2).
  if (x < (a + 1) / (a + b + 2)) return (Math.exp(logFront) * betaContinuedFraction(x, a, b)) / a;
  return 1 - (Math.exp(logFront) * betaContinuedFraction(complement, b, a)) / b;
}

/** DLMF 8.17.22 by the modified Lentz method. */
function betaContinuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-15) return fraction;
  }
  return fraction;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln Γ(x), x > 0: shifted above 15, then Stirling's series (DLMF 5.11.1); relative error below 1e-14. */
function logGamma(x: number): number {
  let shift = 0;
  let shifted = x;
  while (shifted < 15) {
    shift += Math.log(shifted);
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
