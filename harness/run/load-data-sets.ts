/** Loads what a configuration is trained and evaluated on, and says what makes several data sets one ingredient of a run. */

import type { RunConfig } from '../../reference-model/training/recipe.js';
import { type DataSets, dataSetNames, requireDataSet } from '../../reference-model/training/stage-data.js';
import { canonicalJson, sha256 } from '../records/canonical-json.js';
import type { Machinery } from './machinery.js';

/**
 * Every data set that one of the configurations needs, each loaded once.
 * @param dataRoot folder of easy-vqa, the only data set that is read from disk
 */
export async function loadDataSets(
  machinery: Pick<Machinery, 'loadDataSet'>,
  configs: readonly RunConfig[],
  dataRoot?: string,
): Promise<DataSets> {
  const dataSets: { -readonly [Name in keyof DataSets]: DataSets[Name] } = {};
  for (const name of new Set(configs.flatMap(dataSetNames))) {
    dataSets[name] = await machinery.loadDataSet({
      name,
      ...(name === 'easy-vqa' && dataRoot !== undefined ? { root: dataRoot } : {}),
    });
  }
  return dataSets;
}

/** The data set's own fingerprint where a run needs one only, else a hash over the names and fingerprints of all. */
export function dataFingerprintOf(config: RunConfig, dataSets: DataSets): string {
  const pairs = [...dataSetNames(config)].sort().map((name) => [name, requireDataSet(dataSets, name).fingerprint]);
  return pairs.length === 1 ? pairs[0]![1]! : sha256(canonicalJson(pairs));
}
