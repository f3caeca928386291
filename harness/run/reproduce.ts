/**
 * From a suite to its report, top to bottom: plan the runs, fix the hypothesis on disk, execute what is not yet recorded, decide,
 * render. Everything after the execution is computed from records alone, by the same code as `vlm-bench report`.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { executeRuns, type TitledJob } from '../execution/execute-runs.js';
import type { Interruption } from '../execution/interruption.js';
import { progressDisplay } from '../execution/progress-display.js';
import { codeVersion } from '../records/code-version.js';
import { gatherProvenance } from '../records/provenance.js';
import { type Reproduction, reproductionFolder, writeReproduction } from '../records/reproduction.js';
import { runIdOf } from '../records/run-identity.js';
import { type Plan, type PlanOptions, planSuite } from '../suite/plan.js';
import type { Suite } from '../suite/schema.js';
import type { EngineChoice, Machinery } from './machinery.js';

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
  const { engine: choice = 'auto', jobs = availableParallelism(), interruption, command } = options;
  const store = resolve(options.out ?? 'vlm-bench-results');
  const plan = planSuite(suite, options);

  const { referenceModel } = options.machinery
    ? { referenceModel: options.machinery }
    : await import('./reference-model.js');
  const engine = await referenceModel.activateEngine(choice);
  const source = { name: plan.dataSet, ...(options.dataRoot === undefined ? {} : { root: resolve(options.dataRoot) }) };
  const data = await referenceModel.loadDataSet(source);
  const code = codeVersion();
  const provenance = gatherProvenance({ codeVersion: code, data, engine });

  const titledJobs = plan.runs.map(({ arm, seed, config }): TitledJob => {
    const identity = {
      config,
      dataFingerprint: data.fingerprint,
      codeVersion: code,
      engineNumerics: engine.numerics,
    };
    const root = source.root === undefined ? {} : { dataRoot: source.root };
    const job = { store, runId: runIdOf(identity), identity, engine: engine.name, provenance, jobs, ...root };
    return { title: `${arm}, seed ${seed}`, job };
  });
  const folder = join(store, reproductionFolder(plan));
  writeReproduction(folder, describe(plan, { titledJobs, fingerprint: data.fingerprint, command }));

  const display = progressDisplay(titledJobs.map(({ title }) => title));
  try {
    await executeRuns(titledJobs, {
      jobs,
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
  { titledJobs, fingerprint, command }: { titledJobs: readonly TitledJob[]; fingerprint: string; command: string },
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
    runs: runs.map(({ arm, seed }, index) => ({ arm, seed, runId: titledJobs[index]!.job.runId })),
  };
}
