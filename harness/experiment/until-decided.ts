/**
 * Looks at a finding before all of its seeds have run: those that the suite states, and those that add its reserve seeds. All looks are
 * planned before the first, and written to disk with the hypotheses before anything is trained, so that α can be spent over them
 * (`harness/statistics/alpha-spending.ts`). It goes on while any claim is inconclusive.
 */
import { UserError } from '../errors.js';
import type { Reproduction } from '../records/reproduction.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedResult } from '../records/run-record.js';
import { decidingLooks } from '../statistics/alpha-spending.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import {
  type FinishedReproduction,
  type PreparedReproduction,
  prepareReproduction,
  type ReproduceOptions,
  reproduce,
} from './reproduce.js';

export interface UntilDecidedOptions extends Omit<ReproduceOptions, 'looks'> {
  /** What is concluded from a reproduction that has just been executed. */
  readonly decide: (finished: FinishedReproduction) => LookOutcome;
  /** Called after a look that leaves the finding open, before the next one begins. */
  readonly onOpen?: () => Promise<void>;
}

type LookTaken = NonNullable<Reproduction['looks']>['taken'][number];

/** With the words for the record: the one of the finding, or those of its claims. */
export interface LookOutcome extends Omit<LookTaken, 'seeds'> {
  /** Whether any claim is inconclusive. */
  readonly open: boolean;
}

/** Seeds that a look adds to the one before: fewer would spend α without learning much. */
const seedsPerLook = 2;

type LookedAt = Pick<Suite, 'id' | 'hypotheses' | 'seeds' | 'looks' | 'reserveSeeds'>;

/**
 * Seeds in all at each look: those that the suite states, all of its own seeds, then two reserve seeds more at a time. A look that
 * would have nothing of α to decide with is left out.
 *
 * @param maximumSeeds how far reserve seeds may be added; by default none are
 * @throws UserError `usage` when the suite has no hypothesis, or not so many seeds
 */
export function plannedLooks(suite: LookedAt, maximumSeeds?: number): readonly number[] {
  const { seeds, looks = [], hypotheses } = suite;
  const reserve = maximumSeeds === undefined ? [] : reserveLooks(suite, maximumSeeds);
  // On a single seed nothing can be decided.
  const all = [...new Set([...looks, seeds.length, ...reserve])];
  const planned = all.length === 1 ? all : all.filter((count) => count > 1);
  if (planned.length === 1) return planned;
  const alpha = Math.min(...hypotheses.map((hypothesis) => hypothesis.alpha)) / hypotheses.length;
  return decidingLooks({ alpha, looks: planned });
}

function reserveLooks({ id, hypotheses, seeds, reserveSeeds }: LookedAt, maximumSeeds: number): readonly number[] {
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
  return Array.from({ length: added }, (_, look) => Math.min(maximumSeeds, seeds.length + (look + 1) * seedsPerLook));
}

/**
 * The plan of each look; one where nothing is decided before the end. A smoke run has one, and fewer seeds have the looks below them.
 *
 * @throws UserError as `plannedLooks` and `planSuite` do
 */
export function planLooks(
  suite: Suite,
  maximumSeeds?: number,
  options: Omit<PlanOptions, 'reserveSeeds'> = {},
): readonly Plan[] {
  const last = planSuite(suite, options);
  if (options.smoke === true) return [last];
  const seeds = suite.seeds.slice(0, last.seeds.length);
  const looks = (suite.looks ?? []).filter((look) => look < seeds.length);
  return plannedLooks({ ...suite, seeds, looks }, maximumSeeds).map((count) =>
    planSuite(suite, {
      ...options,
      seeds: Math.min(count, seeds.length),
      reserveSeeds: Math.max(0, count - seeds.length),
    }),
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
  const taken: LookTaken[] = [];
  for (const plan of looks) {
    const seeds = plan.seeds.length;
    const finished = await reproduce(plan, { ...options, looks: { planned, taken: [...taken] } });
    const { open, ...words } = decide(finished);
    if (!open || seeds === planned.at(-1)) return finished;
    taken.push({ seeds, ...words });
    await onOpen();
  }
  throw new RangeError('there is always a last look');
}

/**
 * What is to be performed next, without performing it: the first look that lacks a result, if those before it leave a claim open; else the
 * last that was needed, of which nothing is to be done.
 *
 * @param looks as `planLooks` plans them
 * @throws UserError as `prepareReproduction` does
 */
export async function nextLook(
  looks: readonly Plan[],
  { decide, ...options }: Omit<UntilDecidedOptions, 'onOpen' | 'interruption' | 'startExecutor'>,
): Promise<{ readonly place: number; readonly prepared: PreparedReproduction }> {
  const planned = looks.map(({ seeds }) => seeds.length);
  const taken: LookTaken[] = [];
  for (const [place, plan] of looks.entries()) {
    const looking = looks.length === 1 ? {} : { looks: { planned, taken: [...taken] } };
    const prepared = await prepareReproduction(plan, { ...options, ...looking });
    const { store, reproduction } = prepared;
    const isFinished = reproduction.runs.every(({ runId }) => readFinishedResult(runPaths(store, runId)) !== undefined);
    if (!isFinished || place === looks.length - 1) return { place, prepared };
    const { open, ...words } = decide(prepared);
    if (!open) return { place, prepared };
    taken.push({ seeds: plan.seeds.length, ...words });
  }
  throw new RangeError('there is always a last look');
}
