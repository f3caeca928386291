/**
 * Lets suspended Jobs begin whose turn it is, and removes those that wait in vain: those that are asked for, and those that these wait for,
 * which nobody else may be following. What is refused of one Job is told, and keeps nothing from the others.
 */
import type { UserError } from '../../errors.js';
import { printNote } from '../../log-text.js';
import type { KubernetesApi } from './api.js';
import type { JobObject } from './objects.js';
import { refusal, saidBy } from './refusal.js';
import { namedBefore, waitingState } from './waiting-jobs.js';

export function beginWaiting(api: Pick<KubernetesApi, 'resumeJob' | 'remove'>) {
  let complained = false;
  /** @returns the names of the Jobs that wait in vain */
  return async (names: Iterable<string>, jobs: ReadonlyMap<string, JobObject>): Promise<ReadonlySet<string>> => {
    const inVain = new Set<string>();
    const refused: UserError[] = [];
    const attempt = async (request: Promise<void>, asked: string): Promise<void> => {
      await request.catch((error: unknown) => {
        // The list is older than the answer: somebody removed the Job.
        if (saidBy(error).code !== 404) refused.push(refusal(error, asked));
      });
    };
    // The set grows while it is walked.
    const asked = new Set(names);
    for (const name of asked) {
      const job = jobs.get(name);
      if (job?.spec?.suspend !== true) continue;
      for (const before of namedBefore(job)) asked.add(before);
      const waiting = waitingState(job, jobs);
      if (waiting === 'ready') await attempt(api.resumeJob(name), 'to begin a job');
      if (waiting === 'in-vain') {
        inVain.add(name);
        await attempt(api.remove(name), 'to remove a job that waits in vain');
      }
    }
    const [first] = refused;
    if (first !== undefined && !complained) printNote(`warning: ${first.problems[0]?.what}; trying again`);
    complained = first !== undefined;
    return inVain;
  };
}
