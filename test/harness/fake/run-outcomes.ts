/** What runs came to: the error of those that failed, and what those left that succeeded. */
import { readFileSync } from 'node:fs';
import { UserError } from '../../../harness/errors.js';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import { runPaths } from '../../../harness/records/run-paths.js';

export const errorOf = (results: Promise<unknown>): Promise<UserError> =>
  results.then(
    () => Promise.reject(new Error('the runs succeeded')),
    (error: unknown) => (error instanceof UserError ? error : Promise.reject(error)),
  );

export const bytesOf = (jobs: readonly TitledJob[]) =>
  jobs.map(({ job }) => {
    const { result, weights } = runPaths(job.store, job.runId);
    return [readFileSync(result, 'utf8'), readFileSync(weights, 'hex')];
  });
