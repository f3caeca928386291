/**
 * Adds seeds that the suite declared beforehand while its finding is inconclusive. All looks are planned before the first, and written to
 * disk with the hypotheses before anything is trained, so that α can be spent over them (`harness/statistics/alpha-spending.ts`).
 */
import { UserError } from '../errors.js';
import type { Verdict } from '../statistics/verdict-rule.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import { type FinishedReproduction, type ReproduceOptions, reproduce } from './reproduce.js';

export interface UntilDecidedOptions extends Omit<ReproduceOptions, 'looks'> {
  /** The verdict on a reproduction that has just been executed. */
  readonly decide: (finished: FinishedReproduction) => Verdict;
  /** Called after a look that leaves the finding open, before the next one begins. */
  readonly onOpen?: () => Promise<void>;
}

/** Seeds that a look adds to the one before: fewer would spend α without learning much. */
const seedsPerLook = 2;

/**
 * Seeds in all at each look: the suite's own first, then two more at a time.
 * @throws UserError `usage` when the suite has no hypothesis, or not so many seeds
 */
export function plannedLooks(
  { id, hypotheses, seeds, reserveSeeds }: Pick<Suite, 'id' | 'hypotheses' | 'seeds' | 'reserveSeeds'>,
  maximumSeeds: number,
): readonly number[] {
  const most = seeds.length + reserveSeeds.length;
  const refuse = (expected: string, fix: string) =>
    new UserError(
      { code: 'usage', what: `--until-decided ${maximumSeeds} is not possible`, expected, fix },
      { exitCode: 2 },
    );
  if (hypotheses.length === 0) throw refuse('a suite with hypotheses', `leave the option out: ${id} decides nothing`);
  if (maximumSeeds <= seeds.length || maximumSeeds > most) {
    throw refuse(
      reserveSeeds.length === 0
        ? 'a suite with reserveSeeds'
        : `a whole number from ${seeds.length + 1} to ${most}: the seeds and reserve seeds that ${id} fixes`,
      'choose a number in that range, or declare reserveSeeds in a copy of the suite before it is run',
    );
  }
  const added = Math.ceil((maximumSeeds - seeds.length) / seedsPerLook);
  return Array.from({ length: added + 1 }, (_, look) => Math.min(maximumSeeds, seeds.length + look * seedsPerLook));
}

/**
 * The plan of each look.
 * @throws UserError as `plannedLooks` and `planSuite` do
 */
export function planLooks(
  suite: Suite,
  maximumSeeds: number,
  options: Omit<PlanOptions, 'seeds' | 'reserveSeeds' | 'smoke'> = {},
): readonly Plan[] {
  return plannedLooks(suite, maximumSeeds).map((seeds) =>
    planSuite(suite, { ...options, reserveSeeds: seeds - suite.seeds.length }),
  );
}

/**
 * @param looks as `planLooks` plans them
 * @returns the reproduction as of the last look
 * @throws UserError as `reproduce` does
 */
export async function reproduceUntilDecided(
  looks: readonly Plan[],
  { decide, onOpen = async () => {}, ...options }: UntilDecidedOptions,
): Promise<FinishedReproduction> {
  const planned = looks.map(({ seeds }) => seeds.length);
  const taken: { seeds: number; verdict: Verdict }[] = [];
  for (const plan of looks) {
    const seeds = plan.seeds.length;
    const finished = await reproduce(plan, { ...options, looks: { planned, taken: [...taken] } });
    const verdict = decide(finished);
    if (verdict !== 'inconclusive' || seeds === planned.at(-1)) return finished;
    taken.push({ seeds, verdict });
    await onOpen();
  }
  throw new RangeError('there is always a last look');
}
