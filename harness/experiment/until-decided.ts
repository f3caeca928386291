/**
 * Adds seeds that the suite declared beforehand while its finding is inconclusive. All looks are planned before the first, and written to
 * disk with the hypotheses before anything is trained, so that α can be spent over them (`harness/statistics/alpha-spending.ts`).
 */
import { UserError } from '../errors.js';
import type { Verdict } from '../statistics/verdict.js';
import type { Suite } from '../suite/schema.js';
import { type FinishedReproduction, type ReproduceOptions, reproduce } from './reproduce.js';

export interface UntilDecidedOptions extends Omit<ReproduceOptions, 'seeds' | 'reserveSeeds' | 'looks' | 'smoke'> {
  /** Most seeds that may be run in all. */
  readonly maximumSeeds: number;
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
 * @returns the reproduction as of the last look
 * @throws UserError as `plannedLooks` and `reproduce` do
 */
export async function reproduceUntilDecided(
  suite: Suite,
  { maximumSeeds, decide, onOpen = async () => {}, ...options }: UntilDecidedOptions,
): Promise<FinishedReproduction> {
  const planned = plannedLooks(suite, maximumSeeds);
  const taken: { seeds: number; verdict: Verdict }[] = [];
  for (const seeds of planned) {
    const finished = await reproduce(suite, {
      ...options,
      reserveSeeds: seeds - suite.seeds.length,
      looks: { planned: [...planned], taken: [...taken] },
    });
    const verdict = decide(finished);
    if (verdict !== 'inconclusive' || seeds === planned.at(-1)) return finished;
    taken.push({ seeds, verdict });
    await onOpen();
  }
  throw new RangeError('there is always a last look');
}
