/**
 * The sequential rule for seeds that were declared beforehand: after each look either every claim is decided, or the next seeds are run.
 * A look decides on all seeds so far and on nothing else: what an earlier look had decided is put to the test again. The total α is
 * spent over the looks that were planned (`alpha-spending.ts`), so looking several times costs no error; where several claims are
 * corrected by Holm, each share of α has a plan of its own.
 */
import { spendingPlan } from './alpha-spending.js';
import { type Claim, decideClaims, type FindingDecision, sharedAlpha } from './claims.js';
import { number } from './number-text.js';

export interface SequentialDecision extends FindingDecision {
  /** Counted from 1; `level` is the two-sided level that the whole α leaves for this look. */
  readonly look: {
    readonly number: number;
    readonly of: number;
    readonly seeds: number;
    readonly level: number;
    /** The same in a sentence, which stands among the reasons too. */
    readonly note: string;
  };
  /** Seeds in all to decide on next; absent when every claim is decided or the plan is used up. */
  readonly nextSeeds?: number;
}

/**
 * Decides on the seeds of one look. Pure: the same effects and plan always give the same decision.
 *
 * @param claims each with one effect for every seed so far; their number must be one of the looks
 * @param looks seeds at each planned look, ascending; the first are the suite's seeds, the last is the most that may be run
 * @throws RangeError when the number of effects is not a planned look
 */
export function sequentialDecision(
  claims: readonly Claim[],
  { looks, smoke = false }: { readonly looks: readonly number[]; readonly smoke?: boolean },
): SequentialDecision {
  const seeds = claims[0]?.effects.length ?? 0;
  const index = looks.indexOf(seeds);
  if (index === -1 || claims.some(({ effects }) => effects.length !== seeds)) {
    throw new RangeError(`every claim needs as many effects as a planned look has seeds: ${looks.join(', ')}`);
  }
  const levels = new Map<number, number>();
  const nominalLevel = (alpha: number) => {
    const known = levels.get(alpha) ?? spendingPlan({ alpha, looks })[index]!.level;
    levels.set(alpha, known);
    return known;
  };
  const decision = decideClaims(claims, { smoke, nominalLevel });
  const level = nominalLevel(sharedAlpha(claims));
  const open = decision.claims.some(({ verdict }) => verdict === 'inconclusive');
  const nextSeeds = open && !smoke ? looks[index + 1] : undefined;
  const note =
    `This is look ${index + 1} of ${looks.length} planned ones (${looks.join(', ')} seeds): ` +
    `of the whole α, this look may use a level of ${number(level)}.`;
  return {
    ...decision,
    reasons: [...decision.reasons, note],
    look: { number: index + 1, of: looks.length, seeds, level, note },
    ...(nextSeeds === undefined ? {} : { nextSeeds }),
  };
}
