/**
 * From configurations to jobs: opens the engine and the data sets, so that every run's identity is known before it starts. Nothing is
 * generated for it; the process that performs a run holds what it meets against the identity.
 */
import { maskFamily } from '../../reference-model/recipe/mask-family.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { dataSetNames } from '../../reference-model/training/stage-data.js';
import type { TitledJob } from '../execution/execute-runs.js';
import { codeVersion } from '../records/code-version.js';
import { gatherProvenance } from '../records/provenance.js';
import { runIdOf } from '../records/run-identity.js';
import type { Statement } from '../records/statement.js';
import {
  type DataPlace,
  type DataSetHandle,
  dataFingerprintOf,
  openDataSets,
  requireOpened,
} from '../run/load-data-sets.js';
import type { EngineChoice, Machinery } from '../run/machinery.js';
import { accessTo, pretrainedFor } from '../run/pretrained-for.js';
import type { RunJob } from '../run/run-job.js';

/** A run to be prepared. */
export interface TitledConfig {
  readonly title: string;
  readonly config: RunConfig;
  /** Index of the run, earlier in the same list, whose stages this one begins with and need not train again. */
  readonly prefix?: number;
}

export interface Surroundings {
  /** Absolute path of the record store. */
  readonly store: string;
  readonly engine: EngineChoice;
  readonly machinery: Machinery;
  /** How many runs will be executed at the same time. */
  readonly parallel: number;
  /** Whether the runs only check that the pipeline runs. */
  readonly smoke?: boolean;
  /** Whether the runs are a pilot's, from which nothing is decided. */
  readonly pilot?: boolean;
  /** What plans the runs. */
  readonly statement?: Statement;
  /** Where data sets lie, by absolute paths. */
  readonly place?: DataPlace;
}

export interface PreparedJobs {
  /** One per configuration, in the same order. */
  readonly jobs: readonly TitledJob[];
  /** What a configuration is evaluated on. */
  readonly evaluatedData: (config: RunConfig) => DataSetHandle;
}

export async function prepareJobs(
  runs: readonly TitledConfig[],
  { store, engine: choice, machinery, parallel, smoke = false, pilot = false, statement, place = {} }: Surroundings,
): Promise<PreparedJobs> {
  const masks = maskFamily(runs.map(({ config }) => config.recipe));
  const engine = await machinery.activateEngine(choice, masks);
  // All runs of a suite start from the same weights, which are opened once.
  const pretrained = runs[0] === undefined ? undefined : pretrainedFor(machinery, runs[0].config, place);
  for (const { config } of runs) pretrained?.requireModel(config.model);
  const opened = await openDataSets(
    machinery,
    runs.map(({ config }) => config),
    accessTo(place, pretrained),
  );
  const code = codeVersion();
  const provenance = gatherProvenance({ codeVersion: code, engine });
  const jobs: TitledJob[] = [];
  for (const { title, config, prefix } of runs) {
    const identity = {
      config,
      dataFingerprint: dataFingerprintOf(config, opened),
      ...(pretrained === undefined ? {} : { weights: pretrained.fingerprint }),
      codeVersion: code,
      engineNumerics: engine.numerics,
    };
    const [data, ...trainingData] = dataSetNames(config).map((name) => ({
      name,
      fingerprint: requireOpened(opened, name).fingerprint,
    }));
    const job: RunJob = {
      store,
      runId: runIdOf(identity),
      identity,
      engine: engine.name,
      ...(engine.name === 'torch' ? { masks } : {}),
      ...(engine.device === undefined ? {} : { device: engine.device }),
      provenance: {
        ...provenance,
        ...(smoke ? { smoke } : {}),
        ...(pilot ? { pilot } : {}),
        ...(statement === undefined ? {} : { statement }),
        data: data!,
        ...(trainingData.length > 0 ? { trainingData } : {}),
        ...(pretrained === undefined ? {} : { weights: [...pretrained.parts] }),
      },
      jobs: parallel,
      place,
    };
    if (prefix === undefined) {
      jobs.push({ title, job });
      continue;
    }
    const { runId, identity: shared } = jobs[prefix]!.job;
    const step = shared.config.recipe.stages.reduce((sum, { steps }) => sum + steps, 0);
    jobs.push({ title, job: { ...job, forkFrom: { runId, step } }, after: prefix });
  }
  return { jobs, evaluatedData: ({ data }) => requireOpened(opened, data.name) };
}
