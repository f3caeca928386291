/**
 * From a suite to the runs that test it: one run per arm and seed, each with its fully resolved configuration.
 * Planning is pure: the same suite and options give the same plan, and nothing is read or trained.
 */
import type { RunConfig } from '../../reference-model/training/recipe.js';
import { UserError } from '../errors.js';
import { applyOverlay } from './overlay.js';
import { type Overlay, runConfigSchema, type Scale } from './run-config-schema.js';
import type { DataSetName, Hypothesis, Suite } from './schema.js';

export interface PlanOptions {
  readonly dataSet?: DataSetName;
  readonly scale?: 'embedded' | 'paper';
  /** How many of the suite's seeds to run, from the front of its list. */
  readonly seeds?: number;
  readonly smoke?: boolean;
}

interface PlannedRun {
  readonly arm: string;
  readonly seed: number;
  readonly config: RunConfig;
}

export interface Plan {
  readonly suite: Suite;
  readonly dataSet: DataSetName;
  readonly scale: 'embedded';
  readonly smoke: boolean;
  /** The suite's hypothesis with what the data set changes of it. */
  readonly hypothesis: Hypothesis;
  readonly seeds: readonly number[];
  /** Seed by seed, both arms of a seed next to each other, so that pairs complete early. */
  readonly runs: readonly PlannedRun[];
}

/** @throws UserError `usage` for impossible options, `not-available` for the paper scale, `suite-invalid` for a bad overlay */
export function planSuite(suite: Suite, options: PlanOptions = {}): Plan {
  const { dataSet = 'tiny-scenes', scale = 'embedded', smoke = false } = options;
  if (scale === 'paper') {
    throw new UserError({
      code: 'not-available',
      what: `the paper scale of ${suite.id} is planned and cannot be trained yet`,
      expected: '--scale embedded',
      mend: 'run the embedded scale; the paper scale needs the torch engine',
    });
  }
  const overlays = suite.data[dataSet];
  if (overlays === undefined) {
    throw new UserError({
      code: 'usage',
      what: `${suite.id} has no settings for the data set ${dataSet}`,
      expected: `one of ${Object.keys(suite.data).join(', ')}`,
      mend: 'choose another --data',
    });
  }
  const seeds = chooseSeeds(suite, { smoke, ...(options.seeds === undefined ? {} : { count: options.seeds }) });
  const { metric, margin, statement } = overlays.hypothesis ?? {};
  const hypothesis: Hypothesis = {
    ...suite.hypothesis,
    ...(metric === undefined ? {} : { metric }),
    ...(margin === undefined ? {} : { margin }),
    ...(statement === undefined ? {} : { statement }),
  };
  const onDataSet = applyOverlay(suite.scales.embedded, overlays.overlay);
  const runs = seeds.flatMap((seed) =>
    [hypothesis.control, hypothesis.treatment].map((arm) => {
      const onArm = applyOverlay(onDataSet, suite.arms[arm]?.overlay);
      const resolved = smoke ? shortened(onArm, suite.smoke.overlay) : onArm;
      return { arm, seed, config: checked({ data: { name: dataSet }, ...resolved, seed }, `${suite.id}, arm ${arm}`) };
    }),
  );
  return { suite, dataSet, scale, smoke, hypothesis, seeds, runs };
}

/** A smoke run evaluates no more than the real one: a data set without captions has none in a smoke run either. */
function shortened(scale: Scale, overlay: Overlay): Scale {
  const short = applyOverlay(scale, overlay);
  const { captionImages, questions } = scale.evaluation;
  const evaluation = {
    ...short.evaluation,
    captionImages: Math.min(captionImages, short.evaluation.captionImages),
    questions: Math.min(questions, short.evaluation.questions),
  };
  return { ...short, evaluation };
}

function chooseSeeds(suite: Suite, { count, smoke }: { count?: number; smoke: boolean }): readonly number[] {
  const wanted = count ?? (smoke ? suite.smoke.seeds : suite.seeds.length);
  if (!Number.isInteger(wanted) || wanted < 2 || wanted > suite.seeds.length) {
    throw new UserError(
      {
        code: 'usage',
        what: `--seeds ${wanted} is not possible`,
        expected: `a whole number from 2 to ${suite.seeds.length}, the seeds that ${suite.id} fixes`,
        mend: 'choose a number in that range, or add seeds to a copy of the suite',
      },
      { exitCode: 2 },
    );
  }
  return suite.seeds.slice(0, wanted);
}

function checked(config: unknown, where: string): RunConfig {
  const parsed = runConfigSchema.safeParse(config);
  if (parsed.success) return parsed.data as RunConfig;
  throw new UserError(
    parsed.error.issues.map(({ path, message }) => ({
      code: 'suite-invalid',
      what: `the resolved configuration is invalid: ${path.map(String).join('.')} ${message}`,
      where,
      mend: 'correct the scale or the overlay in the suite',
    })),
  );
}
