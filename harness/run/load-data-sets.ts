/**
 * What a configuration is trained and evaluated on: the fingerprints, which name it in a run's identity, and the content, which is loaded
 * only where something is computed from it.
 */

import { resolve } from 'node:path';
import { needsRoot } from '../../reference-model/data/card.js';
import type { DataSet } from '../../reference-model/data/dataset.js';
import type { ImageProcessor } from '../../reference-model/data/pixels/processor.js';
import { DATA_SETS } from '../../reference-model/data/registry.js';
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

/** Where data sets lie and how their images are supplied; nothing of it changes what a run learns. */
export interface DataPlace {
  /** Folder of what is read from disk. */
  readonly dataRoot?: string;
  /** YAML file that declares the data set. */
  readonly declaration?: string;
  /** Threads that decode images. */
  readonly workers?: number;
  /** Broken training images that a run may leave out, over all of its data sets and ranks. */
  readonly allowBroken?: number;
  /** Folder of weights of the hub. */
  readonly weights?: string;
}

/** The place, and what images go through where the weights state it. */
export type DataAccess = DataPlace & { readonly processor?: ImageProcessor };

/** Options as a command line gives them. */
type Unstated<Options> = { readonly [Key in keyof Options]: Options[Key] | undefined };

/** The same with absolute paths, for whoever works in another folder. */
export function absolutePlace({
  dataRoot,
  declaration,
  workers,
  allowBroken,
  weights,
}: Unstated<DataPlace>): DataPlace {
  return {
    ...(dataRoot === undefined ? {} : { dataRoot: resolve(dataRoot) }),
    ...(declaration === undefined ? {} : { declaration: resolve(declaration) }),
    ...(workers === undefined ? {} : { workers }),
    ...(allowBroken === undefined ? {} : { allowBroken }),
    ...(weights === undefined ? {} : { weights: resolve(weights) }),
  };
}

/** By name, for every data set that some configurations need; `DataSets` serve as well where only fingerprints are asked for. */
type Fingerprints = Readonly<Partial<Record<string, Pick<DataSet, 'fingerprint'>>>>;

/** A handle for every data set that one of the configurations needs. */
export async function openDataSets(
  machinery: Pick<Machinery, 'loadDataSet' | 'dataFingerprint'>,
  configs: readonly RunConfig[],
  place: DataAccess = {},
): Promise<Readonly<Partial<Record<string, DataSetHandle>>>> {
  const handles: Partial<Record<string, DataSetHandle>> = {};
  for (const source of sourcesOf(configs, place)) {
    const fingerprint = await machinery.dataFingerprint(source);
    handles[source.name] = { fingerprint, load: () => machinery.loadDataSet(source) };
  }
  return handles;
}

/** The content of every data set that one of the configurations needs, each loaded once. */
export async function loadDataSets<Held extends DataSet>(
  machinery: { readonly loadDataSet: (source: DataSource) => Promise<Held> },
  configs: readonly RunConfig[],
  place: DataAccess = {},
): Promise<DataSets<Held>> {
  const dataSets: Partial<Record<string, Held>> = {};
  for (const source of sourcesOf(configs, place)) dataSets[source.name] = await machinery.loadDataSet(source);
  return dataSets;
}

/** @throws RangeError where configurations that share a data set see its images in different sizes */
function sourcesOf(configs: readonly RunConfig[], place: DataAccess): readonly DataSource[] {
  const sources = new Map<string, DataSource>();
  for (const config of configs) {
    for (const name of dataSetNames(config)) {
      const source = sourceOf(name, config, place);
      const known = sources.get(name) ?? source;
      if (known.side !== source.side)
        throw new RangeError(`${name} is needed in images of ${known.side} and ${source.side} pixels.`);
      sources.set(name, known);
    }
  }
  return [...sources.values()];
}

function sourceOf(
  name: string,
  { tokenizer, model }: RunConfig,
  { dataRoot, declaration, workers, processor }: DataAccess,
): DataSource {
  const card = DATA_SETS.find((entry) => entry.card.name === name)?.card;
  const root = dataRoot !== undefined && (card === undefined || needsRoot(card)) ? { root: dataRoot } : {};
  if (tokenizer === undefined) return { name, ...root };
  return {
    name,
    ...root,
    side: model.vision.imageSize,
    ...(processor === undefined ? {} : { processor }),
    ...(declaration === undefined ? {} : { declaration }),
    ...(workers === undefined ? {} : { workers }),
  };
}

/** The data set's own fingerprint where a run needs one only, else a hash over the names and fingerprints of all. */
export function dataFingerprintOf(config: RunConfig, fingerprints: Fingerprints): string {
  const pairs = [...dataSetNames(config)].sort().map((name) => [name, requireOpened(fingerprints, name).fingerprint]);
  return pairs.length === 1 ? pairs[0]![1]! : sha256(canonicalJson(pairs));
}

/** @throws RangeError when the data set was not asked for with the others */
export function requireOpened<Opened>(opened: Readonly<Partial<Record<string, Opened>>>, name: string): Opened {
  const found = opened[name];
  if (found === undefined) throw new RangeError(`The run needs the data set ${name}, which was not opened for it.`);
  return found;
}
