/** The reference implementation of the staged trainer: engines, data, model, training, generation, checkpoints. */
export { loadParameters, ParameterMismatchError, parameterArrays } from './checkpoint/load-parameters.js';
export { type NamedArray, readSafetensors, SafetensorsError, writeSafetensors } from './checkpoint/safetensors.js';
export type { DataSet, RasterImage, Sample, SplitName } from './data/dataset.js';
export { loadDataSet } from './data/load-dataset.js';
export { loadTokenizer, type Tokenizer } from './data/tokenizer/load-tokenizer.js';
export type { Engine, EngineDiagnosis, EngineName } from './engines/engine.js';
export { activateEngine, diagnoseEngines } from './engines/registry.js';
export { type Predictions, predict, respond } from './evaluation/predict.js';
export { generate } from './generation/generate.js';
export type { AttentionMaskKind, ModelConfig, Part } from './model/config.js';
export { createModel, disposeModel, type Model } from './model/model.js';
export { modelFlops } from './model/model-flops.js';
export { pretrainBackbones } from './pretraining/pretrain.js';
export type { TrainingEvent } from './training/events.js';
export type { Recipe, RunConfig, Stage } from './training/recipe.js';
export { type TrainingJob, train } from './training/train.js';
export { TrainingError, TrainingInterrupted } from './training/training-error.js';
