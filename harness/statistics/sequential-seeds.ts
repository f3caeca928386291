/** How many seeds a plan with looks needs: as `seedsForPower`, with the looks at the same shares of the seeds as they are planned. */
import { chancesWithLooks } from './sequential-power.js';
import { benefitInMargins, seedsForPower, type VerdictRule } from './verdict-power.js';

export interface SeedsQuestion extends VerdictRule {
  /** Seeds at each look, ascending; the last are all. */
  readonly looks: readonly number[];
  readonly power: number;
  /** More seeds than these are not counted. */
  readonly max: number;
}

/**
 * The least number of seeds for which no effect is ruled out and one of 1.5 margins reproduced, each with the power, whatever the look;
 * undefined when about `max` do not suffice, or without a margin. It starts from the seeds that would do without looks, which are about as
 * many.
 *
 * @throws RangeError as `chancesWithLooks`
 */
export function seedsForPowerWithLooks({ looks, power, max, ...rule }: SeedsQuestion): number | undefined {
  const atOnce = seedsForPower({ ...rule, power, max });
  if (looks.length < 2 || atOnce === undefined) return atOnce;
  const suffices = (seeds: number): boolean => {
    const chancesOf = chancesWithLooks({ alpha: rule.alpha, looks: scaledLooks(looks, seeds) })(rule);
    const none = chancesOf(0);
    return Math.min(none.ruledOut + none.contradicted, chancesOf(benefitInMargins * rule.margin).reproduced) >= power;
  };
  let seeds = atOnce;
  if (!suffices(seeds)) {
    do seeds++;
    while (!suffices(seeds));
    return seeds;
  }
  while (seeds > 2 && suffices(seeds - 1)) seeds--;
  return seeds;
}

/** At the same shares of the seeds, as nearly as whole seeds allow; a look at fewer than two seeds is none. */
export function scaledLooks(looks: readonly number[], seeds: number): readonly number[] {
  const all = looks.at(-1)!;
  const scaled = looks.map((look) => Math.round((look * seeds) / all));
  return [...new Set(scaled)].filter((look) => look >= 2);
}
