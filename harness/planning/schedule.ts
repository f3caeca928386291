/**
 * How long a list of trainings takes with several at a time: the same rule as the execution, that is, whenever a place is free, the
 * first training of the list starts whose forerunner is done. Like every list scheduling it can, rarely, take longer with more places
 * (Graham 1969, "Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17).
 */

export interface Task {
  readonly seconds: number;
  /** Index of the task, earlier in the list, that must be done first. */
  readonly after?: number;
}

/**
 * When each task is done, in seconds from the start.
 * @param jobs places, a whole number of at least 1
 */
export function taskEnds(tasks: readonly Task[], jobs: number): readonly number[] {
  const waiting = new Set(tasks.keys());
  const ends: number[] = tasks.map(() => Number.NaN);
  const done = new Set<number>();
  const running = new Map<number, number>();
  let now = 0;
  while (waiting.size > 0 || running.size > 0) {
    for (const index of waiting) {
      if (running.size >= jobs) break;
      const { after, seconds } = tasks[index]!;
      if (after !== undefined && !done.has(after)) continue;
      waiting.delete(index);
      running.set(index, now + seconds);
    }
    now = Math.min(...running.values());
    for (const [index, end] of running) {
      if (end > now) continue;
      running.delete(index);
      done.add(index);
      ends[index] = end;
    }
  }
  return ends;
}

/**
 * Seconds until the last task is done.
 * @param jobs places, a whole number of at least 1
 */
export function scheduleSeconds(tasks: readonly Task[], jobs: number): number {
  return Math.max(0, ...taskEnds(tasks, jobs));
}

/**
 * How many of the places at hand are best taken: as a rule all, and fewer in the rare case that one more makes it longer. So more places
 * never take longer than fewer.
 * @param jobs places at hand
 */
export function bestPlaces(
  tasks: readonly Task[],
  jobs: number,
): { readonly places: number; readonly seconds: number } {
  let best = { places: 1, seconds: scheduleSeconds(tasks, 1) };
  for (let places = 2; places <= Math.min(jobs, tasks.length); places++) {
    const seconds = scheduleSeconds(tasks, places);
    if (seconds < best.seconds) best = { places, seconds };
  }
  return best;
}

/**
 * The tasks that are left when some have a result. A task that others come after exists for those only: it is left while one of them
 * is. Finished ones take no time.
 */
export function remainingTasks(tasks: readonly Task[], isFinished: (index: number) => boolean): readonly Task[] {
  const isForerunner = new Set(tasks.map(({ after }) => after));
  const needed = new Set<number>();
  for (let index = tasks.length - 1; index >= 0; index--) {
    if (!isForerunner.has(index)) needed.add(index);
    const { after } = tasks[index]!;
    if (after !== undefined && needed.has(index) && !isFinished(index)) needed.add(after);
  }
  return tasks.map((task, index) => (needed.has(index) && !isFinished(index) ? task : { ...task, seconds: 0 }));
}
