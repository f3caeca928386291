/** Entry of a process of runs. */
import { referenceModel } from '../../run/reference-model.js';
import { serveRuns } from './worker.js';

serveRuns(referenceModel);
