/** What every process of a run opens before it trains: the engine, weights of the hub and the data sets, held against the run's identity. */
import type { DataSet } from '../../reference-model/data/dataset.js';
import type { Engine } from '../../reference-model/engines/engine.js';
import { type DataSets, requireDataSet } from '../../reference-model/training/stage-data.js';
import type { PretrainedParts } from '../../reference-model/weights/pretrained-parts.js';
import { UserError } from '../errors.js';
import { runIdOf } from '../records/run-identity.js';
import { dataFingerprintOf, loadDataSets } from './load-data-sets.js';
import type { Machinery } from './machinery.js';
import { accessTo, pretrainedFor } from './pretrained-for.js';
import type { RunJob } from './run-job.js';

export interface OpenedRun {
  readonly engine: Engine;
  readonly pretrained: PretrainedParts | undefined;
  readonly dataSets: DataSets;
  /** What it is evaluated on. */
  readonly data: DataSet;
}

/**
 * The plan hashed data, weights, code and engine in another process; this one must meet the same.
 * @throws UserError
 */
export async function openRun(job: RunJob, machinery: Machinery): Promise<OpenedRun> {
  const { config } = job.identity;
  const engine = await machinery.activateEngine(job.engine, job.masks);
  const pretrained = pretrainedFor(machinery, config, job.place);
  const dataSets = await loadDataSets(machinery, [config], accessTo(job.place, pretrained));
  const met = {
    ...job.identity,
    dataFingerprint: dataFingerprintOf(config, dataSets),
    ...(pretrained === undefined ? {} : { weights: pretrained.fingerprint }),
    engineNumerics: engine.numerics,
  };
  if (runIdOf(met) !== job.runId) throw otherIdentity(job);
  return { engine, pretrained, dataSets, data: requireDataSet(dataSets, config.data.name) };
}

function otherIdentity(job: RunJob): UserError {
  return new UserError({
    code: 'run-failed',
    what: 'the data set, the weights or the engine are not those that the run was planned with',
    where: `run ${job.runId}`,
    expected: `data ${job.identity.dataFingerprint}, ${job.identity.weights === undefined ? '' : `weights ${job.identity.weights}, `}engine numerics ${job.identity.engineNumerics}`,
    fix: 'leave data sets and weights unchanged while runs are executed; `vlm-bench data verify` says whether it is the known one',
  });
}
