/**
 * Alpha spending for looks at growing data (Lan and DeMets 1983, Biometrika 70), by the spending function that resembles the
 * boundaries of O'Brien and Fleming: after the share t of the planned data, 2 − 2Φ(z ÷ √t) of one side's error may be spent, z being
 * Φ⁻¹(1 − half of that error). Little is spent on the early looks, and almost all is left for the last.
 *
 * The level of each look follows from the earlier ones by recursive numerical integration (Armitage, McPherson and Rowe 1969, JRSS A
 * 132) over the t statistics themselves (`sequential-t.ts`): the normal process that is usual for large samples would spend up to an
 * eighth too much with a handful of seeds.
 */
import { normalDistribution, normalQuantile } from '../../metrics/numerics/normal-distribution.js';
import { angleTail, firstPath, nextPath, type Path, solveCrossing } from './sequential-t.js';

export interface Look {
  /** Seeds at this look. */
  readonly n: number;
  /** Share of the planned seeds. */
  readonly information: number;
  /** Of the total two-sided α, what is spent up to and with this look. */
  readonly spent: number;
  /** Two-sided level of the t test at this look; 0 where it is too early to decide anything. */
  readonly level: number;
}

/** Less than this is not worth a look: the levels are exact to about this much. */
const leastSpending = 1e-7;

/**
 * @param alpha total two-sided error; half of it goes to either side
 * @param looks seeds at each look, ascending from at least 2; the last is the planned maximum
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
  if (looks.length === 0 || !ascending) {
    throw new RangeError(`looks are ascending numbers of seeds from 2, not ${looks.join(', ')}`);
  }
  const last = looks.at(-1)!;
  let path: Path | undefined;
  let boundary = Number.POSITIVE_INFINITY;
  let spentBefore = 0;
  return looks.map((n, index) => {
    const information = n / last;
    const spent = spentAt(information, alpha);
    const toSpend = spent - spentBefore;
    path = path === undefined ? firstPath(n) : nextPath(path, boundary, n);
    const skips = toSpend < leastSpending;
    boundary = skips ? Number.POSITIVE_INFINITY : solveCrossing(path, toSpend);
    if (!skips) spentBefore = spent;
    // At the first look the level is what may be spent, to the last bit.
    const level = skips ? 0 : index === 0 ? toSpend : angleTail(boundary, n);
    return { n, information, spent: 2 * spentBefore, level: 2 * level };
  });
}

/** Of one side's error, what may be spent up to a share of the data. */
function spentAt(information: number, alpha: number): number {
  return information === 1 ? alpha / 2 : 2 * normalDistribution(normalQuantile(alpha / 4) / Math.sqrt(information));
}

/** The looks at which something may be decided: those before have almost nothing to spend, and leaving them out changes no other. */
export function decidingLooks({
  alpha,
  looks,
}: {
  readonly alpha: number;
  readonly looks: readonly number[];
}): readonly number[] {
  const last = looks.at(-1) ?? 0;
  let before = 0;
  return looks.filter((n) => {
    const spent = spentAt(n / last, alpha);
    if (spent - before < leastSpending) return false;
    before = spent;
    return true;
  });
}
