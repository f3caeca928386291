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

type Jobs = ReadonlyMap<string, JobObject>;

/** @param jobs by name; one that is not there was removed, and what it left is in the store */
export function waitingState(job: JobObject, jobs: Jobs): Waiting {
  // One that somebody else suspended is theirs to resume.
  if (job.spec?.suspend !== true || namedBefore(job).length === 0) return 'as-it-is';
  if (isInVain(job, jobs)) return 'in-vain';
  const present = (annotation: string) => named(job, annotation).flatMap((name) => jobs.get(name) ?? []);
  const areAfterEnded = present(afterAnnotation).every(hasEnded);
  // One that never begins takes nobody's turn, and perhaps nobody follows and removes it.
  const isItsTurn = present(inTurnAnnotation).every((before) => hasEnded(before) || isInVain(before, jobs));
  return areAfterEnded && isItsTurn ? 'ready' : 'as-it-is';
}

/** Names of all Jobs that have to end before. */
export function namedBefore(job: JobObject): readonly string[] {
  return [...named(job, afterAnnotation), ...named(job, inTurnAnnotation)];
}

function named({ metadata }: JobObject, annotation: string): readonly string[] {
  const { [annotation]: names } = metadata?.annotations ?? {};
  return names === undefined ? [] : names.split(',');
}

/** Whether it waits for Jobs none of which completed a run or will. */
function isInVain(job: JobObject, jobs: Jobs): boolean {
  if (job.spec?.suspend !== true) return false;
  const after = named(job, afterAnnotation).map((name) => jobs.get(name));
  const isFailed = (before: JobObject | undefined): boolean =>
    before !== undefined && (hasEnded(before) ? !hasCompletedRun(before) : isInVain(before, jobs));
  return after.length > 0 && after.every(isFailed);
}
