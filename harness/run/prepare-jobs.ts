/** From configurations to jobs: opens the engine and the data set once, so that every run's identity is known before it starts. */
import type { DataSet } from '../../reference-model/data/dataset.js';
import type { DataConfig, RunConfig } from '../../reference-model/training/recipe.js';
import type { TitledJob } from '../execution/execute-runs.js';
import { codeVersion } from '../records/code-version.js';
import { gatherProvenance } from '../records/provenance.js';
import { runIdOf } from '../records/run-identity.js';
import type { EngineChoice, Machinery } from './machinery.js';

export interface Surroundings {
  /** Absolute path of the record store. */
  readonly store: string;
  readonly engine: EngineChoice;
  readonly machinery: Machinery;
  /** How many runs will be executed at the same time. */
  readonly parallel: number;
  readonly data: DataConfig & { readonly root?: string };
}

export interface PreparedJobs {
  readonly jobs: readonly TitledJob[];
  readonly data: DataSet;
}

export async function prepareJobs(
  runs: readonly { readonly title: string; readonly config: RunConfig }[],
  { store, engine: choice, machinery, parallel, data: source }: Surroundings,
): Promise<PreparedJobs> {
  const engine = await machinery.activateEngine(choice);
  const data = await machinery.loadDataSet(source);
  const code = codeVersion();
  const provenance = gatherProvenance({ codeVersion: code, data, engine });
  const shared = { dataFingerprint: data.fingerprint, codeVersion: code, engineNumerics: engine.numerics };
  const jobs = runs.map(({ title, config }): TitledJob => {
    const identity = { config, ...shared };
    const root = source.root === undefined ? {} : { dataRoot: source.root };
    return {
      title,
      job: { store, runId: runIdOf(identity), identity, engine: engine.name, provenance, jobs: parallel, ...root },
    };
  });
  return { jobs, data };
}
