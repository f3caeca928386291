/** Loads a data set by name, whether it is generated or read from disk, and fingerprints it. */
import { needsRoot } from './card.js';
import { rootOf } from './data-root.js';
import type { DataSet, Sample } from './dataset.js';
import { fingerprintOf } from './fingerprint.js';
import { cardOf, type EmbeddedDataSetName, entryOf, type LoadOptions } from './registry.js';

export interface DataSetSource extends LoadOptions {
  readonly name: EmbeddedDataSetName;
}

/**
 * The data set of that name. Equal sources give equal bits, hence equal fingerprints.
 * Throws DataError for a missing root or any defect in the files.
 */
export async function loadDataSet({ name, root, ...options }: DataSetSource): Promise<DataSet<Sample>> {
  const folder = root === undefined ? {} : { root: rootOf(name, root) };
  const splits = await entryOf(name).load!({ ...options, ...folder });
  return { name, fingerprint: fingerprintOf(splits), splits };
}

/**
 * The fingerprint that `loadDataSet` finds for the source. That of a generated data set is known beforehand, as equal code generates
 * equal bits, which a test holds against the card; that of files is known only by reading them.
 *
 * @throws DataError where the data set cannot be loaded
 */
export async function dataFingerprint(source: Pick<DataSetSource, 'name' | 'root'>): Promise<string> {
  const card = cardOf(source.name);
  if (needsRoot(card) || card.fingerprint === undefined) return (await loadDataSet(source)).fingerprint;
  return card.fingerprint;
}
