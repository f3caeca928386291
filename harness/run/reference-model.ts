/** Binds the machinery that runs need to the reference model of this package. */

import type { DataSet } from '../../reference-model/data/dataset.js';
import { EMBEDDED_DATA_SETS, type EmbeddedDataSetName } from '../../reference-model/data/registry.js';
import {
  activateEngine,
  dataFingerprint,
  disposeModel,
  loadDataSet,
  openPretrainedParts,
  openStreamed,
  predict,
  saveWeights,
  train,
} from '../../reference-model/index.js';
import type { Model } from '../../reference-model/model/model.js';
import { joinRanks } from './join-ranks.js';
import type { DataSource, Machinery } from './machinery.js';

/** One process may execute several suites on the same data, whose generation takes longer than reading the records of a finding. */
const loaded = new Map<string, Promise<DataSet>>();

export const referenceModel: Machinery<Model> = {
  activateEngine,
  loadDataSet: (source) => {
    const key = JSON.stringify(source);
    const known = loaded.get(key) ?? openData(source);
    loaded.set(key, known);
    return known;
  },
  dataFingerprint: async (source) =>
    isEmbedded(source) ? dataFingerprint(source) : (await referenceModel.loadDataSet(source)).fingerprint,
  openPretrained: openPretrainedParts,
  train,
  predict,
  saveWeights,
  dispose: disposeModel,
  joinRanks,
};

/** @throws RangeError for photographs without a size, DataError or InputError for what is missing or wrong */
async function openData(source: DataSource): Promise<DataSet> {
  if (isEmbedded(source)) return loadDataSet(source);
  const { name, root, declaration, side, processor, workers } = source;
  if (side === undefined) throw new RangeError(`${name} is no data set of the embedded scale.`);
  return openStreamed({
    name,
    ...(root === undefined ? {} : { root }),
    ...(declaration === undefined ? {} : { declaration }),
    images: {
      side,
      ...(processor === undefined ? {} : { processor }),
      ...(workers === undefined ? {} : { workers }),
    },
  });
}

function isEmbedded(source: DataSource): source is DataSource & { readonly name: EmbeddedDataSetName } {
  return source.side === undefined && EMBEDDED_DATA_SETS.some(({ name }) => name === source.name);
}
