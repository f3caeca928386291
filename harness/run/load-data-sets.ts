/**
 * What a configuration is trained and evaluated on: the fingerprints, which name it in a run's identity, and the content, which is loaded
 * only where something is computed from it.
 */

import { needsRoot } from '../../reference-model/data/card.js';
import type { DataSet } from '../../reference-model/data/dataset.js';
import { cardOf, type EmbeddedDataSetName } from '../../reference-model/data/registry.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import type { RunConfig } from '../../reference-model/recipe/recipe.js';
import { type DataSets, dataSetNames } from '../../reference-model/training/stage-data.js';
import { canonicalJson } from '../files/canonical-json.js';
import type { DataSource, Machinery } from './machinery.js';

/** A data set that need not be in memory. */
export interface DataSetHandle {
  readonly fingerprint: string;
  readonly load: () => Promise<DataSet>;
}

/** By name, for every data set that some configurations need; `DataSets` serve as well where only fingerprints are asked for. */
type Fingerprints = Readonly<Partial<Record<EmbeddedDataSetName, Pick<DataSet, 'fingerprint'>>>>;

/**
 * A handle for every data set that one of the configurations needs.
 * @param dataRoot folder of what is read from disk
 */
export async function openDataSets(
  machinery: Pick<Machinery, 'loadDataSet' | 'dataFingerprint'>,
  configs: readonly RunConfig[],
  dataRoot?: string,
): Promise<Readonly<Partial<Record<EmbeddedDataSetName, DataSetHandle>>>> {
  const handles: Partial<Record<EmbeddedDataSetName, DataSetHandle>> = {};
  for (const source of sourcesOf(configs, dataRoot)) {
    const fingerprint = await machinery.dataFingerprint(source);
    handles[source.name] = { fingerprint, load: () => machinery.loadDataSet(source) };
  }
  return handles;
}

/** The content of every data set that one of the configurations needs, each loaded once. */
export async function loadDataSets<Held extends DataSet>(
  machinery: { readonly loadDataSet: (source: DataSource) => Promise<Held> },
  configs: readonly RunConfig[],
  dataRoot?: string,
): Promise<DataSets<Held>> {
  const dataSets: Partial<Record<EmbeddedDataSetName, Held>> = {};
  for (const source of sourcesOf(configs, dataRoot)) dataSets[source.name] = await machinery.loadDataSet(source);
  return dataSets;
}

function sourcesOf(configs: readonly RunConfig[], dataRoot: string | undefined): readonly DataSource[] {
  return [...new Set(configs.flatMap(dataSetNames))].map((name) => ({
    name,
    ...(dataRoot !== undefined && needsRoot(cardOf(name)) ? { root: dataRoot } : {}),
  }));
}

/** The data set's own fingerprint where a run needs one only, else a hash over the names and fingerprints of all. */
export function dataFingerprintOf(config: RunConfig, fingerprints: Fingerprints): string {
  const pairs = [...dataSetNames(config)].sort().map((name) => [name, requireOpened(fingerprints, name).fingerprint]);
  return pairs.length === 1 ? pairs[0]![1]! : sha256(canonicalJson(pairs));
}

/** @throws RangeError when the data set was not asked for with the others */
export function requireOpened<Opened>(
  opened: Readonly<Partial<Record<EmbeddedDataSetName, Opened>>>,
  name: EmbeddedDataSetName,
): Opened {
  const found = opened[name];
  if (found === undefined) throw new RangeError(`The run needs the data set ${name}, which was not opened for it.`);
  return found;
}
