/** Which learner trains on the current engine: that of libtorch's autograd, or the one that tfjs's tape serves. */
import { activeTorch } from '../engines/torch/engine.js';
import type { CreateLearner } from './learner.js';
import { TfjsLearner } from './tfjs-learner.js';
import { TorchLearner } from './torch-learner.js';

export const createLearner: CreateLearner = (options) => {
  const torch = activeTorch();
  return torch === undefined ? new TfjsLearner(options) : new TorchLearner(options, torch);
};
