/** Binds the machinery that runs need to the reference model of this package. */
import {
  activateEngine,
  loadDataSet,
  predict,
  type TrainedModel,
  train,
  trainedWeights,
} from '../../reference-model/index.js';
import type { Machinery } from './machinery.js';

export const referenceModel: Machinery = {
  activateEngine,
  loadDataSet,
  train,
  predict: (model, config, data) => predict(model as TrainedModel, config, data),
  trainedWeights: (model) => trainedWeights(model as TrainedModel),
};
