/**
 * Adds seeds that the suite declared beforehand while its finding is inconclusive. All looks are planned before the first, and written to
 * disk with the hypotheses before anything is trained, so that α can be spent over them (`harness/statistics/alpha-spending.ts`).
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { earlierReproduction, type Reproduction, reproductionFolder } from '../records/reproduction.js';
import { planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import { defaultStore, type ReproduceOptions, reproduce } from './reproduce.js';

type Verdict = NonNullable<Reproduction['looks']>['taken'][number]['verdict'];

export interface UntilDecidedOptions extends Omit<ReproduceOptions, 'seeds' | 'reserveSeeds' | 'looks' | 'smoke'> {
  /** Most seeds that may be run in all. */
  readonly maximumSeeds: number;
  /** The verdict on a reproduction that has just been executed. */
  readonly decide: (folder: string) => Promise<Verdict>;
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
  const refuse = (expected: string, mend: string) =>
    new UserError(
      { code: 'usage', what: `--until-decided ${maximumSeeds} is not possible`, expected, mend },
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
 * @returns the folder of the reproduction as of the last look
 * @throws UserError as `plannedLooks` and `reproduce` do
 */
export async function reproduceUntilDecided(
  suite: Suite,
  { maximumSeeds, decide, ...options }: UntilDecidedOptions,
): Promise<string> {
  const planned = plannedLooks(suite, maximumSeeds);
  const decidedBefore = decisionsBefore(suite, planned, options);
  if (decidedBefore.length > 0) {
    console.error(
      `warning: ${suite.id} was decided before with ${decidedBefore.join(' and ')} of these seeds; the report will say so, since α ` +
        'was spent on that already. Ask for --until-decided first.',
    );
  }
  const taken: { seeds: number; verdict: Verdict }[] = [];
  for (const seeds of planned) {
    const folder = await reproduce(suite, {
      ...options,
      reserveSeeds: seeds - suite.seeds.length,
      looks: { planned: [...planned], taken: [...taken], ...(decidedBefore.length === 0 ? {} : { decidedBefore }) },
    });
    const verdict = await decide(folder);
    if (verdict !== 'inconclusive' || seeds === planned.at(-1)) return folder;
    taken.push({ seeds, verdict });
  }
  throw new RangeError('there is always a last look');
}

/** Seeds of every decision that was reported in this store, on this suite, by another plan of looks or by none. */
function decisionsBefore(
  suite: Suite,
  planned: readonly number[],
  options: Omit<UntilDecidedOptions, 'maximumSeeds' | 'decide'>,
): number[] {
  const folder = join(resolve(options.out ?? defaultStore), reproductionFolder(planSuite(suite, options)));
  const earlier = earlierReproduction(folder);
  if (earlier === undefined) return [];
  const before = earlier.looks?.decidedBefore ?? [];
  const isSamePlan = earlier.looks?.planned.join() === planned.join();
  if (isSamePlan || !existsSync(join(folder, 'report.json'))) return before;
  return [...before, new Set(earlier.runs.map(({ seed }) => seed)).size];
}
