/** Loads a data set by name, whether it is generated or read from disk, fingerprints it, and holds a copy against its card. */
import { needsRoot, type SplitCounts } from './card.js';
import type { DataSet, SplitName } from './dataset.js';
import { fingerprintOf } from './fingerprint.js';
import { cardOf, type EmbeddedDataSetName, entryOf, type LoadOptions } from './registry.js';

export interface DataSetSource extends LoadOptions {
  readonly name: EmbeddedDataSetName;
}

/**
 * The data set of that name. Equal sources give equal bits, hence equal fingerprints.
 * Throws DataError for a missing root or any defect in the files.
 */
export async function loadDataSet({ name, ...options }: DataSetSource): Promise<DataSet> {
  const splits = await entryOf(name).load(options);
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

export interface DataSetVerification {
  readonly name: string;
  readonly splits: Readonly<Record<string, SplitCounts>>;
  readonly fingerprint: string;
  /** What differs from the card, one sentence each; empty for an unchanged data set. */
  readonly differences: readonly string[];
}

/** Loads the data set completely and holds it against its card. Throws DataError where it cannot be loaded. */
export async function verifyDataSet(source: DataSetSource): Promise<DataSetVerification> {
  const dataSet = await loadDataSet(source);
  const card = cardOf(source.name);
  const count = (split: SplitName) => ({
    images: dataSet.splits[split].length,
    questions: dataSet.splits[split].reduce((sum, { questions }) => sum + questions.length, 0),
  });
  const splits = { train: count('train'), validation: count('validation'), test: count('test') };

  const differences: string[] = [];
  for (const split of ['train', 'validation', 'test'] as const) {
    for (const what of ['images', 'questions'] as const) {
      const expected = card.splits[split]?.[what];
      const found = splits[split][what];
      if (found !== expected) differences.push(`The ${split} split has ${found} ${what} instead of ${expected}.`);
    }
  }
  if (dataSet.fingerprint !== card.fingerprint) {
    differences.push(`The fingerprint is ${dataSet.fingerprint} instead of ${card.fingerprint}.`);
  }
  return { name: source.name, splits, fingerprint: dataSet.fingerprint, differences };
}
