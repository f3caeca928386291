/** What a plan is to an executor, as one line of text. */
import type { ExecutorPlan } from './executor-plans.js';
import { durationText } from './quantities.js';

export function executorText({
  executor,
  chosen,
  settings,
  jobs,
  waves,
  atOnce,
  devices,
  budgetHours,
  time,
}: ExecutorPlan): string {
  const parts = [
    `${jobs} ${jobs === 1 ? 'job' : 'jobs'}${waves.length > 1 ? ` in ${waves.length} waves of ${waves.map((wave) => wave.length).join(' and ')}` : ''}`,
    atOnce === null ? 'as many at once as the scheduler starts' : `${atOnce} at once`,
  ];
  if (time !== undefined && jobs > 0) {
    const { wallHours, deviceHours, overBudgetFrom } = time;
    parts.push(
      `about ${durationText(wallHours * 3600)}`,
      `${deviceHours.toFixed(2)} ${devices > 0 ? 'GPU' : 'processor'}-hours`,
      overBudgetFrom === null ? `within ${budgetHours} h` : `over ${budgetHours} h from “${overBudgetFrom}” on`,
    );
  }
  const stated = Object.entries(settings).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const own = chosen && stated.length > 0 ? ` (${stated.join(', ')})` : '';
  return `${chosen ? 'chosen: ' : ''}${parts.join(', ')}${executor === 'local' ? '' : own}`;
}
