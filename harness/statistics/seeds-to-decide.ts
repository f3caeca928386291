/**
 * How many seeds would have decided an open claim: the least number with which a word other than `inconclusive` has the asked probability,
 * if seeds differ as much as they were seen to and the true effect is the observed one; or none at all, where the estimate is nearer to
 * that than to the margin. It is a guess from few seeds, for plans; it never decides anything.
 */
import { normalDistribution, normalQuantile } from '../../metrics/numerics/normal-distribution.js';
import { studentTQuantile } from './student-t.js';

export interface SeedsToDecide {
  /** Which true effect was assumed. */
  readonly assumed: 'the observed effect' | 'no effect';
  /** With which probability that many seeds decide. */
  readonly probability: number;
  /** null where more than `mostSeeds` are needed; an effect of just the margin stays open with any number. */
  readonly seeds: number | null;
}

/** More seeds than this are not counted. */
export const mostSeeds = 1000;

export interface OpenClaim {
  /** Δ, in the claimed direction. */
  readonly effect: number;
  readonly margin: number;
  /** Of the effects of single seeds, above 0. */
  readonly standardDeviation: number;
  /** Two-sided level that the claim is decided at. */
  readonly level: number;
  /** Seeds that did not decide. */
  readonly seeds: number;
}

/** @throws RangeError for a spread that is not above 0 */
export function seedsToDecide(claim: OpenClaim, probability = 0.8): SeedsToDecide {
  const { effect, margin, seeds } = claim;
  const none = effect < margin / 2;
  const assumedEffect = none ? 0 : effect;
  const decides = (n: number) => chanceToDecide({ ...claim, effect: assumedEffect }, n) >= probability;
  const assumed = none ? 'no effect' : 'the observed effect';
  if (seeds >= mostSeeds || !decides(mostSeeds)) return { assumed, probability, seeds: null };
  // From about where a normal process would decide, in steps that double until they pass it.
  let step = 1;
  let enough = Math.min(mostSeeds, Math.max(seeds + 1, normalGuess({ ...claim, effect: assumedEffect }, probability)));
  let tooFew = seeds;
  while (!decides(enough)) {
    tooFew = enough;
    enough = Math.min(mostSeeds, enough + step);
    step *= 2;
  }
  for (step = 1; enough - step > tooFew && decides(enough - step); step *= 2) enough -= step;
  tooFew = Math.max(tooFew, enough - step);
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (decides(middle)) enough = middle;
    else tooFew = middle;
  }
  return { assumed, probability, seeds: enough };
}

function normalGuess(
  { effect, margin, standardDeviation, level }: Omit<OpenClaim, 'seeds'>,
  probability: number,
): number {
  const distance = effect < margin ? margin - effect : effect;
  return Math.ceil(
    ((normalQuantile(1 - level / 2) + normalQuantile(probability)) * (standardDeviation / distance)) ** 2,
  );
}

/**
 * P(L₀ > 0 and Δ ≥ m) + P(H_m < m) over n seeds, for a true effect; the two exclude each other, and every word but `inconclusive` needs
 * one of them. With s the observed ÷ the true spread: a normal tail averaged over the distribution of s by Simpson's rule, whose density
 * is proportional to s^(ν − 1) exp(−ν s² ÷ 2).
 */
export function chanceToDecide(
  { effect, margin, standardDeviation, level }: Omit<OpenClaim, 'seeds'>,
  n: number,
): number {
  if (!(Number.isInteger(n) && n >= 2) || !(standardDeviation > 0)) {
    throw new RangeError(`a chance to decide needs 2 seeds and a spread above 0, not ${n} and ${standardDeviation}`);
  }
  const degreesOfFreedom = n - 1;
  const t = studentTQuantile(1 - level / 2, degreesOfFreedom);
  const [toNone, toMargin] = [effect, margin - effect].map((distance) => (distance * Math.sqrt(n)) / standardDeviation);
  const spread = 9 / Math.sqrt(2 * degreesOfFreedom);
  const from = Math.max(0, 1 - spread);
  let [weights, chance] = [0, 0];
  for (let point = 0; point <= INTERVALS; point++) {
    const s = from + (point * (1 + spread - from)) / INTERVALS;
    const simpson = point === 0 || point === INTERVALS ? 1 : point % 2 === 1 ? 4 : 2;
    const shape = degreesOfFreedom === 1 ? 1 : s ** (degreesOfFreedom - 1);
    const weight = simpson * shape * Math.exp((degreesOfFreedom * (1 - s * s)) / 2);
    weights += weight;
    chance +=
      weight * (normalDistribution(Math.min(toNone! - t * s, -toMargin!)) + normalDistribution(toMargin! - t * s));
  }
  return chance / weights;
}

const INTERVALS = 80;
