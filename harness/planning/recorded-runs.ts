/** Which trainings of a plan have a result in the store already, so that the execution would read them back. */
import { join } from 'node:path';
import type { DataSets } from '../../reference-model/training/stage-data.js';
import { existsAnew } from '../files/seen-anew.js';
import { codeVersion } from '../records/code-version.js';
import { runIdOf } from '../records/run-identity.js';
import { runPaths } from '../records/run-paths.js';
import { readFinishedResult } from '../records/run-record.js';
import { dataFingerprintOf } from '../run/load-data-sets.js';
import type { RunGraph } from './run-graph.js';

/**
 * @param engineNumerics of the engine that would execute them; asked for only where the store holds runs
 * @returns one entry per node of the graph
 * @throws UserError `record-corrupt` for a result whose files were changed
 */
export async function recordedNodes(
  { trainings }: Pick<RunGraph, 'trainings'>,
  {
    store,
    dataSets,
    engineNumerics,
  }: { readonly store: string; readonly dataSets: DataSets; readonly engineNumerics: () => Promise<string> },
): Promise<readonly boolean[]> {
  if (!existsAnew(join(store, 'runs'))) return trainings.map(() => false);
  const surroundings = { codeVersion: codeVersion(), engineNumerics: await engineNumerics() };
  return trainings.map(({ config }) => {
    const runId = runIdOf({ config, dataFingerprint: dataFingerprintOf(config, dataSets), ...surroundings });
    return readFinishedResult(runPaths(store, runId)) !== undefined;
  });
}
