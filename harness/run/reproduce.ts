/**
 * From a suite to its report, top to bottom: plan the runs, fix the hypothesis on disk, execute what is not yet recorded, decide,
 * render. Everything after the execution is computed from records alone, by the same code as `vlm-bench report`.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { requireDataSet } from '../../reference-model/training/stage-data.js';
import { executeRuns, type TitledJob } from '../execution/execute-runs.js';
import type { Interruption } from '../execution/interruption.js';
import { displayedRun, progressDisplay } from '../execution/progress-display.js';
import { recordEvaluationImages } from '../records/evaluation-images.js';
import { type Reproduction, reproductionFolder, writeReproduction } from '../records/reproduction.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import type { EngineChoice, Machinery } from './machinery.js';
import { prepareJobs } from './prepare-jobs.js';

export interface ReproduceOptions extends PlanOptions {
  readonly engine?: EngineChoice;
  /** Folder of a data set that is read from disk. */
  readonly dataRoot?: string;
  /** Runs at the same time; by default one per core. */
  readonly jobs?: number;
  /** The record store. */
  readonly out?: string;
  readonly machinery?: Machinery;
  readonly interruption: Interruption;
  /** As typed, for the report. */
  readonly command: string;
  readonly workerEntry?: string;
}

/**
 * @returns the folder of the reproduction, which holds `reproduction.json` and is ready for `writeReport`
 * @throws UserError for bad input, failed or interrupted runs
 */
export async function reproduce(suite: Suite, options: ReproduceOptions): Promise<string> {
  const { engine = 'auto', jobs: parallel = availableParallelism(), interruption, command } = options;
  const store = resolve(options.out ?? 'vlm-bench-results');
  const plan = planSuite(suite, options);

  const machinery = options.machinery ?? (await import('./reference-model.js')).referenceModel;
  const planned = plan.runs.map(({ arm, seed, config }) => ({ title: `${arm}, seed ${seed}`, config }));
  const { jobs, dataSets } = await prepareJobs(planned, {
    store,
    engine,
    machinery,
    parallel,
    ...(options.dataRoot === undefined ? {} : { dataRoot: resolve(options.dataRoot) }),
  });
  const data = requireDataSet(dataSets, plan.dataSet);
  await recordEvaluationImages(store, data, plan.runs[0]!.config.evaluation.split);
  const folder = join(store, reproductionFolder(plan));
  writeReproduction(folder, describe(plan, { jobs, fingerprint: data.fingerprint, command }));

  const display = progressDisplay(jobs.map(displayedRun));
  try {
    await executeRuns(jobs, {
      jobs: parallel,
      interruption,
      onEvent: display.onEvent,
      ...(options.workerEntry === undefined ? {} : { workerEntry: options.workerEntry }),
    });
  } finally {
    display.close();
  }
  return folder;
}

function describe(
  plan: Plan,
  { jobs, fingerprint, command }: { jobs: readonly TitledJob[]; fingerprint: string; command: string },
): Reproduction {
  const { suite, dataSet, scale, smoke, hypothesis, runs } = plan;
  return {
    schemaVersion: 1,
    suite,
    dataSet: { name: dataSet, fingerprint },
    scale,
    smoke,
    hypothesis,
    command,
    runs: runs.map(({ arm, seed }, index) => ({ arm, seed, runId: jobs[index]!.job.runId })),
  };
}
