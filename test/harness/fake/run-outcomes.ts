/** What runs came to: the error of those that failed, and what those left that succeeded. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import { readEvents } from '../../../harness/records/events.js';
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

/** Two ranks that trained one run, and one process that trained it alone: the same losses within rounding, step by step. */
export function expectSameTraining(divided: TitledJob, alone: TitledJob, steps: number): void {
  const [two, one] = [divided, alone].map(({ job }) => readEvents(runPaths(job.store, job.runId).events));
  expect([two, one].map((events) => events!.find(({ type }) => type === 'session-started'))).toMatchObject([
    { devices: 2 },
    { devices: 1 },
  ]);
  const lossesOf = (events: typeof two) => events!.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
  expect(lossesOf(two)).toHaveLength(steps);
  lossesOf(two).forEach((loss, step) => {
    expect(loss / lossesOf(one)[step]!).toBeCloseTo(1, 4);
  });
}
