/** Binds the machinery that runs need to the reference model of this package. */
import { activateEngine, loadDataSet, predict, train, trainedWeights } from '../../reference-model/index.js';
import type { Model } from '../../reference-model/model/model.js';
import type { Machinery } from './machinery.js';

export const referenceModel: Machinery<Model> = {
  activateEngine,
  loadDataSet,
  train,
  predict: async (model, config, data) => predict(model, config, data),
  trainedWeights,
};
