/**
 * From a suite to its pilot: trains what `planPilot` plans into a store of its own and reads the scores back. A pilot decides nothing, so
 * no reproduction is written; its records say what they are.
 */
import { resolve } from 'node:path';
import { executeRuns } from '../execution/execute-runs.js';
import type { StartExecutor } from '../execution/executor.js';
import type { Interruption } from '../execution/interruption.js';
import { localExecutor } from '../execution/local/local-executor.js';
import { displayedRun, progressDisplay } from '../execution/progress-display.js';
import { runsAtOnce } from '../execution/runs-at-once.js';
import { type MeasureId, measureIds } from '../measures/measures.js';
import { recordEvaluationImages, widerEvaluation } from '../records/evaluation-images.js';
import { type Prediction, readPredictions } from '../records/predictions.js';
import type { Provenance } from '../records/provenance.js';
import type { RunResult } from '../records/result.js';
import { runPaths } from '../records/run-paths.js';
import { absolutePlace, type DataPlace } from '../run/load-data-sets.js';
import type { EngineChoice, Machinery } from '../run/machinery.js';
import { type Pilot, pilotSchema } from '../suite/pilot-schema.js';
import { hypothesesOn } from '../suite/plan.js';
import { learntParts } from '../verdict/learnt-parts.js';
import { inOrderOfExecution } from './execution-order.js';
import type { PilotPlan } from './pilot-plan.js';
import { prepareJobs } from './prepare-jobs.js';

export interface RunPilotOptions extends DataPlace {
  readonly engine: EngineChoice;
  /** Runs at the same time; by default one per core. */
  readonly jobs?: number;
  /** The store of the pilot. */
  readonly out: string;
  readonly machinery?: Machinery;
  readonly interruption: Interruption;
  readonly startExecutor?: StartExecutor;
  /** The day, as it is written into the pilot. */
  readonly today?: string;
}

/** @throws UserError for bad input, failed or interrupted runs */
export async function runPilot(plan: PilotPlan, options: RunPilotOptions): Promise<Pilot> {
  const { engine, jobs: parallel = runsAtOnce(), interruption } = options;
  const { startExecutor = (interruption) => localExecutor({ interruption }) } = options;
  const { today = new Date().toISOString().slice(0, 10) } = options;
  const store = resolve(options.out);
  const machinery = options.machinery ?? (await import('../run/reference-model.js')).referenceModel;
  const titled = plan.runs.map((run) => ({ ...run, arm: `${run.arm}, rate × ${run.rate}` }));
  const { configs, runAt } = inOrderOfExecution({ runs: titled, prefixes: plan.prefixes });
  const { jobs, evaluatedData } = await prepareJobs(configs, {
    store,
    engine,
    machinery,
    parallel,
    pilot: true,
    place: absolutePlace(options),
  });
  const data = evaluatedData(plan.runs[0]!.config);
  await recordEvaluationImages(store, data, plan.runs.map(({ config }) => config.evaluation).reduce(widerEvaluation));
  const executor = await startExecutor(interruption, store);
  const display = progressDisplay(jobs.map(displayedRun));
  let results: readonly (RunResult | undefined)[];
  try {
    results = await executeRuns(jobs, { executor, jobs: parallel, interruption, onEvent: display.onEvent });
  } finally {
    display.close();
  }
  const metrics = claimedMetrics(plan);
  return pilotSchema.parse({
    schemaVersion: 1,
    suite: plan.suite.id,
    version: plan.suite.version ?? 1,
    dataSet: plan.dataSet,
    split: 'validation',
    code: codeText(jobs[0]!.job.provenance),
    ran: today,
    recipes: [{ recipe: 'the recipe of the suite', outcome: 'the scores below', chosen: true }],
    choice: 'No other recipe was tried.',
    scaled: [...plan.scaled],
    runs: plan.runs.map(({ rate, arm, seed }, index) => {
      const result = results[runAt[index]!]!;
      const learnt = learntShares(readPredictions(runPaths(store, result.runId).predictions));
      return { rate, arm, seed, run: result.runId, scores: scoresOf(result, metrics), learnt };
    }),
  });
}

/** By part, to four digits. */
function learntShares(predictions: readonly Prediction[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    learntParts(predictions).map(({ part, kind, accuracy }) => [
      kind === 'attribute' ? `caption ${part}` : part,
      Math.round(accuracy * 1e4) / 1e4,
    ]),
  );
}

function claimedMetrics({ suite, dataSet }: PilotPlan): readonly MeasureId[] {
  const claimed = new Set(hypothesesOn(suite, dataSet).map(({ metric }) => metric));
  return measureIds.filter((id) => claimed.has(id));
}

function scoresOf({ scores }: RunResult, metrics: readonly MeasureId[]): Partial<Record<MeasureId, number>> {
  return Object.fromEntries(
    metrics.flatMap((metric) => {
      const score = scores[metric];
      return score === undefined ? [] : [[metric, score.value]];
    }),
  );
}

function codeText({ packageVersion, git, codeVersion }: Provenance): string {
  const commit =
    git === undefined
      ? 'installed'
      : `commit ${git.commit}${git.dirtyDiff === null ? '' : ', with uncommitted changes'}`;
  return `vlm-bench ${packageVersion}, ${commit}, code ${codeVersion.slice(0, 12)}`;
}
