/** Suspended Jobs and those that they wait for, pure: Kubernetes knows no order among Jobs. */
import { afterAnnotation, inTurnAnnotation } from './manifests.js';
import { hasCompletedRun, hasEnded, type JobObject } from './objects.js';

export type Waiting =
  /** It is not suspended, or those that it waits for are under way. */
  | 'as-it-is'
  /** It may begin. */
  | 'ready'
  /** Whatever it waits for has failed: it would find nothing to go on from. */
  | 'in-vain';

/** @param jobs by name; one that is not there was removed, and what it left is in the store */
export function waitingState(job: JobObject, jobs: ReadonlyMap<string, JobObject>): Waiting {
  if (job.spec?.suspend !== true) return 'as-it-is';
  const named = (annotation: string): readonly string[] => {
    const { [annotation]: names } = job.metadata?.annotations ?? {};
    return names === undefined ? [] : names.split(',');
  };
  const after = named(afterAnnotation);
  const inTurn = named(inTurnAnnotation);
  // One that somebody else suspended is theirs to resume.
  if (after.length + inTurn.length === 0) return 'as-it-is';
  const present = (names: readonly string[]) => names.flatMap((name) => jobs.get(name) ?? []);
  if (![...present(after), ...present(inTurn)].every(hasEnded)) return 'as-it-is';
  const forerunners = after.map((name) => jobs.get(name));
  const isInVain =
    forerunners.length > 0 &&
    forerunners.every((forerunner) => forerunner !== undefined && !hasCompletedRun(forerunner));
  return isInVain ? 'in-vain' : 'ready';
}
