/** Entry of the process of one run. */
import { referenceModel } from '../run/reference-model.js';
import { serveRun } from './worker.js';

serveRun(referenceModel);
