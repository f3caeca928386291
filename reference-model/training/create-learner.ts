/** Which learner trains on the current engine. Both engines that exist are tfjs backends whose operations tfjs's tape records. */
import type { CreateLearner } from './learner.js';
import { TfjsLearner } from './tfjs-learner.js';

export const createLearner: CreateLearner = (options) => new TfjsLearner(options);
