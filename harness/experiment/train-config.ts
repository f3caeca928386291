/** What `vlm-bench train` does: one configuration as one run, recorded like any other. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { executeRuns } from '../execution/execute-runs.js';
import type { Interruption } from '../execution/interruption.js';
import { localExecutor } from '../execution/local/local-executor.js';
import { displayedRun, progressDisplay } from '../execution/progress-display.js';
import { recordEvaluationImages } from '../records/evaluation-images.js';
import type { RunResult } from '../records/result.js';
import { runPaths } from '../records/run-paths.js';
import { isFirstRank } from '../run/first-rank.js';
import { absolutePlace, type DataPlace } from '../run/load-data-sets.js';
import type { EngineChoice } from '../run/machinery.js';
import { beforeRanksMeet } from '../run/rank-problem.js';
import { readRunConfig } from '../suite/read-run-config.js';
import { prepareJobs } from './prepare-jobs.js';

export interface TrainOptions extends DataPlace {
  readonly engine: EngineChoice;
  readonly out: string;
  readonly interruption: Interruption;
}

/** @returns the record's folder and the result in it */
export async function trainConfig(
  file: string,
  { engine, out, interruption, ...place }: TrainOptions,
): Promise<{ readonly folder: string; readonly result: RunResult }> {
  const store = resolve(out);
  const jobs = await beforeRanksMeet(async () => {
    const config = readRunConfig(file);
    const { referenceModel } = await import('../run/reference-model.js');
    const prepared = await prepareJobs([{ title: `seed ${config.seed}`, config }], {
      store,
      engine,
      machinery: referenceModel,
      parallel: 1,
      place: absolutePlace(place),
    });
    if (isFirstRank()) await recordEvaluationImages(store, prepared.evaluatedData(config), config.evaluation);
    // Whatever a rank prints is kept there.
    for (const { job } of prepared.jobs) mkdirSync(runPaths(store, job.runId).folder, { recursive: true });
    return prepared.jobs;
  });
  const display = isFirstRank() ? progressDisplay(jobs.map(displayedRun)) : undefined;
  try {
    const [result] = await executeRuns(jobs, {
      executor: localExecutor({ interruption }),
      jobs: 1,
      interruption,
      ...(display === undefined ? {} : { onEvent: display.onEvent }),
    });
    return { folder: runPaths(store, result!.runId).folder, result: result! };
  } finally {
    display?.close();
  }
}
