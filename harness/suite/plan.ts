/**
 * From a suite to the runs that test it: one run per arm and seed, each with its fully resolved configuration, and the stages that
 * several of them share. Planning is pure: the same suite and options give the same plan, and nothing is read or trained.
 */
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { UserError } from '../errors.js';
import { closestName } from '../files/closest-name.js';
import { type Arm, armsOf } from './arms.js';
import { paperData, requirePaperScale } from './paper-settings.js';
import { runConfigSchema } from './run-config-schema.js';
import type { DataSetName, Hypothesis, Suite } from './schema.js';
import { settingsOf, type TrainedScale } from './settings.js';
import { type PlannedPrefix, shareStages } from './shared-prefixes.js';
import type { SuiteOrigin } from './suite-origin.js';

export interface PlanOptions {
  /** By default the first data set of the suite. */
  readonly dataSet?: string;
  readonly scale?: TrainedScale;
  /** How many of the suite's seeds to run, from the front of its list. */
  readonly seeds?: number;
  /** How many of its reserve seeds to add, from the front of that list. */
  readonly reserveSeeds?: number;
  readonly smoke?: boolean;
  /** Where the suite stands, with its pilot. */
  readonly origin?: SuiteOrigin;
}

interface PlannedRun {
  readonly arm: string;
  readonly seed: number;
  readonly config: RunConfig;
  /** Index of the shared stages that it forks from. */
  readonly prefix?: number;
}

export interface Plan {
  readonly suite: Suite;
  readonly dataSet: string;
  readonly scale: TrainedScale;
  readonly smoke: boolean;
  /** The suite's hypotheses with what the data set changes of them. */
  readonly hypotheses: readonly Hypothesis[];
  readonly seeds: readonly number[];
  readonly arms: readonly Arm[];
  /** Seed by seed, all arms of a seed next to each other, so that comparisons complete early. */
  readonly runs: readonly PlannedRun[];
  readonly prefixes: readonly PlannedPrefix[];
  /** Absent where the suite was made by a program. */
  readonly origin?: SuiteOrigin;
}

/** @throws UserError `usage` for impossible options, `not-available` for a paper scale that can only be planned, `suite-invalid` for a bad overlay */
export function planSuite(suite: Suite, options: PlanOptions = {}): Plan {
  const { scale = 'embedded', smoke = false, origin } = options;
  if (scale === 'paper') requirePaperScale(suite, smoke);
  const dataSet = dataSetOf(suite, options);
  if (scale === 'embedded' && suite.data[dataSet as DataSetName] === undefined) {
    const known = Object.keys(suite.data);
    const closest = closestName(dataSet, known);
    throw new UserError(
      {
        code: 'usage',
        what: `${suite.id} has no settings for the data set ${dataSet}`,
        expected: `one of ${known.join(', ')}`,
        fix: closest === undefined ? 'choose another --data' : `did you mean ${closest}?`,
      },
      { exitCode: 2 },
    );
  }
  const arms = armsOf(suite.factors);
  const seeds = chooseSeeds(suite, options);
  const settingsOfArms = arms.map(({ id, levels }) => ({
    id,
    scale: settingsOf(suite, { scale, dataSet, levels, smoke }),
  }));
  const runs = seeds.flatMap((seed) =>
    settingsOfArms.map(({ id, scale }) => ({
      arm: id,
      seed,
      config: checked({ data: { name: dataSet }, ...scale, seed }, `${suite.id}, arm ${id}`),
    })),
  );
  const { prefixes, prefixOf } = shareStages(runs.map(({ config }) => config));
  return {
    suite,
    dataSet,
    scale,
    smoke,
    hypotheses: hypothesesOn(suite, dataSet, scale),
    seeds,
    arms,
    runs: runs.map((run, index) => {
      const prefix = prefixOf[index];
      return prefix === undefined ? run : { ...run, prefix };
    }),
    prefixes,
    ...(origin === undefined ? {} : { origin }),
  };
}

function dataSetOf(suite: Suite, options: PlanOptions): string {
  const { scale = 'embedded', dataSet } = options;
  switch (scale) {
    case 'embedded':
      return dataSet ?? defaultDataSet(suite);
    case 'small':
      return photographsOf(suite, options);
    case 'paper':
      return dataSet ?? paperData(suite);
    default:
      return scale satisfies never;
  }
}

/** @throws UserError `usage` for a suite without the small scale, or where no photographs are named */
function photographsOf({ id, scales }: Suite, { dataSet }: PlanOptions): string {
  const refuse = (what: string, expected: string, fix: string) =>
    new UserError({ code: 'usage', what, expected, fix }, { exitCode: 2 });
  if (scales.small === undefined) {
    throw refuse(
      `${id} states no small scale`,
      '--scale embedded',
      'run the embedded scale, or add scales.small to a copy',
    );
  }
  if (dataSet !== undefined) return dataSet;
  throw refuse(
    'the small scale needs photographs',
    '--data NAME|FILE.yaml and --data-root DIR',
    'name a data set of `vlm-bench data list`, or a YAML file that declares one',
  );
}

/** The data set that a suite is about when none is asked for: the first that it lists. */
export function defaultDataSet({ data }: Pick<Suite, 'data'>): DataSetName {
  return Object.keys(data)[0] as DataSetName;
}

/** The hypotheses with what the data set changes of them. */
export function hypothesesOn(suite: Suite, dataSet: string, scale: TrainedScale = 'embedded'): readonly Hypothesis[] {
  const isEmbedded = scale === 'embedded';
  const changes = (isEmbedded ? suite.data[dataSet as DataSetName] : suite.scales[scale])?.hypotheses ?? {};
  return suite.hypotheses
    .map((hypothesis) => (dataSet === defaultDataSet(suite) && isEmbedded ? hypothesis : withoutPilot(hypothesis)))
    .map((hypothesis) => adapted(hypothesis, changes[hypothesis.id] ?? {}));
}

function adapted(
  hypothesis: Hypothesis,
  { metric, margin, statement }: NonNullable<NonNullable<Suite['data'][DataSetName]>['hypotheses']>[string],
): Hypothesis {
  return {
    ...(metric === undefined || metric === hypothesis.metric ? hypothesis : withoutPilot(hypothesis)),
    ...(metric === undefined ? {} : { metric }),
    ...(margin === undefined ? {} : { margin }),
    ...(statement === undefined ? {} : { statement }),
  };
}

/** What was seen of one measure on one data set says nothing about another. */
function withoutPilot({ pilot: _, ...hypothesis }: Hypothesis): Hypothesis {
  return hypothesis;
}

function chooseSeeds(suite: Suite, { seeds, reserveSeeds = 0, smoke = false }: PlanOptions): readonly number[] {
  const wanted = seeds ?? (smoke ? suite.smoke.seeds : suite.seeds.length);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > suite.seeds.length) {
    throw new UserError(
      {
        code: 'usage',
        what: `--seeds ${wanted} is not possible`,
        expected: `a whole number from 1 to ${suite.seeds.length}, the seeds that ${suite.id} fixes`,
        fix: 'choose a number in that range, or add seeds to a copy of the suite',
      },
      { exitCode: 2 },
    );
  }
  return [...suite.seeds.slice(0, wanted), ...suite.reserveSeeds.slice(0, reserveSeeds)];
}

function checked(config: unknown, where: string): RunConfig {
  const parsed = runConfigSchema.safeParse(config);
  if (parsed.success) return parsed.data as RunConfig;
  throw new UserError(
    parsed.error.issues.map(({ path, message }) => ({
      code: 'suite-invalid',
      what: `the resolved configuration is invalid: ${path.map(String).join('.')} ${message}`,
      where,
      fix: 'correct the scale or the overlay in the suite',
    })),
  );
}
