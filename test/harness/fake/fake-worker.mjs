/** Entry of a run's process whose trainer is the stand-in. */
import { serveRun } from '../../../dist/harness/execution/worker.js';
import { fakeMachinery } from './fake-machinery.mjs';

serveRun(fakeMachinery);
