/**
 * From a plan to the records of its report, top to bottom: prepare the runs, write the hypotheses down, execute what is not yet recorded.
 * Everything after the execution is computed from records alone, by the same code as `vlm-bench report`.
 */
import { join, resolve } from 'node:path';
import { captionStylesOf } from '../../reference-model/evaluation/caption-styles.js';
import { UserError } from '../errors.js';
import { executeRuns, type TitledJob } from '../execution/execute-runs.js';
import type { StartExecutor } from '../execution/executor.js';
import type { Interruption } from '../execution/interruption.js';
import { localExecutor } from '../execution/local/local-executor.js';
import { displayedRun, progressDisplay } from '../execution/progress-display.js';
import { runsAtOnce } from '../execution/runs-at-once.js';
import type { TextStatistics } from '../measures/text-statistics.js';
import { recordEvaluationImages, widerEvaluation } from '../records/evaluation-images.js';
import { completeReproduction, earlierReproduction, registerReproduction } from '../records/registration.js';
import { type Reproduction, reproductionFolder, reproductionOf } from '../records/reproduction.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedResult } from '../records/run-record.js';
import { statementOf } from '../records/statement.js';
import { absolutePlace, type DataPlace, type DataSetHandle } from '../run/load-data-sets.js';
import type { EngineChoice, Machinery } from '../run/machinery.js';
import type { Plan } from '../suite/plan.js';
import { inOrderOfExecution } from './execution-order.js';
import { prepareJobs } from './prepare-jobs.js';

export interface ReproduceOptions extends DataPlace {
  readonly engine?: EngineChoice;
  /** Runs at the same time; by default one per core. */
  readonly jobs?: number;
  /** The record store. */
  readonly out?: string;
  readonly machinery?: Machinery;
  readonly interruption: Interruption;
  /** What the data set is, where the suite does not say so. */
  readonly dataDescription?: string;
  /** As typed, for the report. */
  readonly command: string;
  /** Starts who performs the runs; by default processes beside this one. */
  readonly startExecutor?: StartExecutor;
  /** The sequential rule that this reproduction is one look of, for the record. */
  readonly looks?: Reproduction['looks'];
}

/** Its runs are finished, and `writeReport` can go on from here, whatever other commands write into the same store meanwhile. */
export interface FinishedReproduction {
  readonly folder: string;
  readonly reproduction: Reproduction;
}

/** What is to be executed, before any of it is. */
export interface PreparedReproduction extends FinishedReproduction {
  readonly store: string;
  readonly jobs: readonly TitledJob[];
}

/** @throws UserError for bad input, failed or interrupted runs */
export async function reproduce(plan: Plan, options: ReproduceOptions): Promise<FinishedReproduction> {
  const { jobs: parallel = runsAtOnce(), interruption } = options;
  const { startExecutor = (interruption) => localExecutor({ interruption }) } = options;
  const { jobs, store, folder, reproduction } = await prepareReproduction(plan, options);
  const executor = await startExecutor(interruption, store);
  const display = progressDisplay(jobs.map(displayedRun));
  try {
    await executeRuns(jobs, { executor, jobs: parallel, interruption, onEvent: display.onEvent });
  } finally {
    display.close();
  }
  completeReproduction(folder, reproduction);
  return { folder, reproduction };
}

/**
 * Everything up to the execution: the runs with their identities, and the hypotheses on disk.
 * @throws UserError for bad input
 */
export async function prepareReproduction(
  plan: Plan,
  options: Omit<ReproduceOptions, 'interruption' | 'startExecutor'>,
): Promise<PreparedReproduction> {
  const { engine = 'auto', jobs: parallel = runsAtOnce(), command } = options;
  const store = resolve(options.out ?? 'vlm-bench-results');
  const machinery = options.machinery ?? (await import('../run/reference-model.js')).referenceModel;
  const { configs, prefixAt, runAt } = inOrderOfExecution(plan);
  const stated = plan.origin === undefined ? {} : { statement: statementOf(plan.origin) };
  const { jobs, evaluatedData } = await prepareJobs(configs, {
    store,
    engine,
    machinery,
    parallel,
    smoke: plan.smoke,
    ...stated,
    place: absolutePlace(options),
  });
  const { config } = plan.runs[0]!;
  const data = evaluatedData(config);
  const evaluations = plan.runs.map((run) => run.config.evaluation);
  if (plan.scale !== 'embedded') await requireCaptions(plan, data);
  await recordEvaluationImages(store, data, evaluations.reduce(widerEvaluation));
  const folder = join(store, reproductionFolder(plan));
  const runIdAt = (index: number) => jobs[index]!.job.runId;
  const recorded = {
    runIds: runAt.map(runIdAt),
    prefixIds: prefixAt.map(runIdAt),
    fingerprint: data.fingerprint,
    ...(options.dataDescription === undefined ? {} : { description: options.dataDescription }),
  };
  // Run ids name the data and this code, so statistics that stand beside the same ids are the same.
  const earlier = earlierReproduction(folder);
  const isSame = earlier?.runs.every(({ runId }, index) => runId === recorded.runIds[index]);
  const known = isSame ? earlier?.texts : undefined;
  const texts = plan.suite.compareTexts === true ? { texts: known ?? (await captionTexts(data)) } : {};
  const looks = options.looks === undefined ? {} : { looks: options.looks };
  const planned = reproductionOf(plan, { ...recorded, command, ...texts, ...looks, ...stated });
  const finishedRuns = () =>
    recorded.runIds.filter((runId) => readFinishedResult(runPaths(store, runId)) !== undefined).length;
  const reproduction = registerReproduction(folder, planned, finishedRuns);
  return { store, jobs, folder, reproduction };
}

/** What the texts that the arms learn from are like. */
async function captionTexts({ load }: DataSetHandle): Promise<TextStatistics[]> {
  const { captionStatistics } = await import('../measures/text-statistics.js');
  return [...captionStatistics((await load()).splits.train)];
}

/** What photographs have is known only once they are opened. @throws UserError where a run could not be scored as the hypotheses ask */
async function requireCaptions({ hypotheses, dataSet, runs }: Plan, { load }: DataSetHandle): Promise<void> {
  const { splits } = await load();
  const { split, captionImages } = runs[0]!.config.evaluation;
  const styles = captionStylesOf(splits[split]);
  const asked = hypotheses.flatMap(({ id, metric }) => {
    const [family, style] = metric.split('/');
    return family === 'CIDEr-D' && !styles.some((known) => known === style) ? [{ id, style }] : [];
  });
  const [first] = asked;
  if (first === undefined && (styles.length > 0 || captionImages === 0)) return;
  throw new UserError({
    code: 'data-invalid',
    what: `the ${split} split of ${dataSet} has no ${first?.style ?? 'captions'}`,
    where: dataSet,
    expected:
      first === undefined ? 'captions to score against' : `${first.style}, which the hypothesis ${first.id} is about`,
    fix: 'name another data set, or declare this one with captions of that style for the split',
  });
}
