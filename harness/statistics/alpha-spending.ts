/**
 * Alpha spending for looks at growing data (Lan and DeMets 1983, Biometrika 70), by the spending function that resembles the
 * boundaries of O'Brien and Fleming: after the share t of the planned data, 2 − 2Φ(z ÷ √t) of one side's error may be spent, z being
 * Φ⁻¹(1 − half of that error). Little is spent on the early looks, and almost all is left for the last.
 *
 * The boundary of each look follows from the earlier ones by recursive numerical integration of the density of a standardised sum of
 * independent normal increments that has crossed no boundary yet (Armitage, McPherson and Rowe 1969, JRSS A 132).
 */
import { normalDistribution, normalQuantile } from '../../metrics/numerics/normal-distribution.js';

export interface Look {
  /** Seeds at this look. */
  readonly n: number;
  /** Share of the planned seeds. */
  readonly information: number;
  /** Of the total two-sided α, what is spent up to and with this look. */
  readonly spent: number;
  /** Two-sided level to use at this look; 0 where it is too early to decide anything. */
  readonly level: number;
}

/** Below this share of one side's error a look decides nothing: the normal tail is no longer resolved. */
const leastSpending = 1e-12;

/**
 * @param alpha total two-sided error; half of it goes to either side
 * @param looks seeds at each look, ascending; the last is the planned maximum
 * @throws RangeError for α outside (0, 1) or looks that do not ascend from at least 2
 */
export function spendingPlan({
  alpha,
  looks,
}: {
  readonly alpha: number;
  readonly looks: readonly number[];
}): readonly Look[] {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`the error to spend lies between 0 and 1, not at ${alpha}`);
  const ascending = looks.every((n, index) => Number.isInteger(n) && n > (looks[index - 1] ?? 1));
  if (looks.length === 0 || !ascending)
    throw new RangeError(`looks are ascending numbers of seeds, not ${looks.join(', ')}`);
  const last = looks.at(-1)!;
  const z = normalQuantile(1 - alpha / 4);
  const spentAt = (information: number) => (information === 1 ? alpha / 2 : 2 * upperTail(z / Math.sqrt(information)));

  let open: Density | undefined;
  let spentBefore = 0;
  return looks.map((n) => {
    const information = n / last;
    const spent = spentAt(information);
    const toSpend = spent - spentBefore;
    const density: Density | undefined = open;
    const crossing = (boundary: number) =>
      density === undefined ? upperTail(boundary) : crossingProbability(density, information, boundary);
    const boundary = toSpend < leastSpending ? UPPER_LIMIT : solveDescending(crossing, toSpend);
    open = advance(density, information, boundary);
    spentBefore = spent;
    // At the first look the level is what may be spent, to the last bit.
    const level = toSpend < leastSpending ? 0 : density === undefined ? toSpend : upperTail(boundary);
    return { n, information, spent: 2 * spent, level: 2 * level };
  });
}

/** Density of the standardised sum at one look, on paths that have not crossed: at equally spaced points up to the boundary. */
interface Density {
  readonly information: number;
  readonly from: number;
  readonly step: number;
  /** Each already multiplied by its Simpson weight. */
  readonly weighted: Float64Array;
}

const UPPER_LIMIT = 8;
const LOWER_LIMIT = -8;
/** An even number of intervals, as Simpson's rule wants; the kernel between two looks spans many of them. */
const INTERVALS = 1000;

function advance(before: Density | undefined, information: number, boundary: number): Density {
  const step = (boundary - LOWER_LIMIT) / INTERVALS;
  const weighted = new Float64Array(INTERVALS + 1);
  for (let point = 0; point <= INTERVALS; point++) {
    const z = LOWER_LIMIT + point * step;
    const weight = point === 0 || point === INTERVALS ? 1 : point % 2 === 1 ? 4 : 2;
    weighted[point] =
      ((step * weight) / 3) * (before === undefined ? normalDensity(z) : densityAt(before, information, z));
  }
  return { information, from: LOWER_LIMIT, step, weighted };
}

function densityAt({ information: earlier, from, step, weighted }: Density, information: number, z: number): number {
  const deviation = Math.sqrt(information - earlier);
  let density = 0;
  for (let point = 0; point < weighted.length; point++) {
    const increment = z * Math.sqrt(information) - (from + point * step) * Math.sqrt(earlier);
    density += weighted[point]! * normalDensity(increment / deviation);
  }
  return (density * Math.sqrt(information)) / deviation;
}

function crossingProbability(
  { information: earlier, from, step, weighted }: Density,
  information: number,
  boundary: number,
): number {
  const deviation = Math.sqrt(information - earlier);
  let probability = 0;
  for (let point = 0; point < weighted.length; point++) {
    const distance = boundary * Math.sqrt(information) - (from + point * step) * Math.sqrt(earlier);
    probability += weighted[point]! * upperTail(distance / deviation);
  }
  return probability;
}

/** The boundary at which a falling function of it takes the value. */
function solveDescending(probability: (boundary: number) => number, value: number): number {
  let low = -4;
  let high = UPPER_LIMIT;
  for (let halving = 0; halving < 45; halving++) {
    const middle = (low + high) / 2;
    if (probability(middle) > value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function upperTail(z: number): number {
  return normalDistribution(-z);
}

function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}
