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
 * Seconds until the last task is done.
 * @param jobs places, a whole number of at least 1
 */
export function scheduleSeconds(tasks: readonly Task[], jobs: number): number {
  const waiting = new Set(tasks.keys());
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
    }
  }
  return now;
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
