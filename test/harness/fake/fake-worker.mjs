/** Entry of a process of runs whose trainer is the stand-in. */
import { serveRuns } from '../../../dist/harness/execution/local/worker.js';
import { fakeMachinery } from './fake-machinery.mjs';

serveRuns(fakeMachinery);
