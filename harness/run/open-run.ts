/** What every process of a run opens before it trains: the engine, weights of the hub and the data sets, held against the run's identity. */
import type { DataSet } from '../../reference-model/data/dataset.js';
import type { Engine } from '../../reference-model/engines/engine.js';
import type { Ranks } from '../../reference-model/ranks/ranks.js';
import { type DataSets, requireDataSet } from '../../reference-model/training/stage-data.js';
import type { PretrainedParts } from '../../reference-model/weights/pretrained-parts.js';
import { UserError } from '../errors.js';
import type { RunIdentity } from '../records/run-identity.js';
import { identityDifferences } from './alike-ranks.js';
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
 * The plan hashed data, weights and engine in another process; this one must meet the same. Its code is held against the plan where a job is
 * taken up, and against rank 0 where ranks join. Ranks open beside each other, and none goes on before all have.
 * @throws UserError saying what is another, RankError for another rank
 */
export async function openRun(job: RunJob, machinery: Machinery, ranks: Ranks): Promise<OpenedRun> {
  const { identity } = job;
  const { config } = identity;
  const engine = await machinery.activateEngine(job.engine, job.masks);
  const pretrained = pretrainedFor(machinery, config, job.place);
  const dataSets = await loadDataSets(machinery, [config], accessTo(job.place, pretrained));
  const { weights: _, ...rest } = identity;
  const met: RunIdentity = {
    ...rest,
    dataFingerprint: dataFingerprintOf(config, dataSets),
    ...(pretrained === undefined ? {} : { weights: pretrained.fingerprint }),
    engineNumerics: engine.numerics,
  };
  const differences = identityDifferences(met, identity);
  if (differences.length > 0) throw otherIdentity(job, differences);
  await ranks.exchange('opened');
  return { engine, pretrained, dataSets, data: requireDataSet(dataSets, config.data.name) };
}

function otherIdentity({ runId }: RunJob, differences: readonly string[]): UserError {
  return new UserError({
    code: 'run-failed',
    what: `what the run needs is not what it was planned with: other ${differences.join('; other ')}`,
    where: `run ${runId}`,
    expected: 'the data sets, the weights and the engine of the plan',
    fix: 'leave data sets and weights unchanged while runs are executed, and give every machine the same; `vlm-bench data verify` says whether a data set is the known one',
  });
}
