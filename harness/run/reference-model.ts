/** Binds the machinery that runs need to the reference model of this package. */
import {
  activateEngine,
  dataFingerprint,
  disposeModel,
  loadDataSet,
  predict,
  saveWeights,
  train,
} from '../../reference-model/index.js';
import type { Model } from '../../reference-model/model/model.js';
import type { Machinery } from './machinery.js';

/** One process may execute several suites on the same data, whose generation takes longer than reading the records of a finding. */
const loaded = new Map<string, ReturnType<typeof loadDataSet>>();

export const referenceModel: Machinery<Model> = {
  activateEngine,
  loadDataSet: (source) => {
    const key = JSON.stringify([source.name, source.root]);
    const known = loaded.get(key) ?? loadDataSet(source);
    loaded.set(key, known);
    return known;
  },
  dataFingerprint,
  train,
  predict,
  saveWeights,
  dispose: disposeModel,
};
