/** A metric that somebody named, of a system that may not have it. */
import { UserError } from '../errors.js';
import type { System, SystemMetric } from '../systems/system.js';

/** @throws UserError `score-invalid` naming what the system has instead */
export function requireMetric(system: System, name: string, where: string): SystemMetric {
  const metric = system.metrics.find((one) => one.name === name);
  if (metric !== undefined) return metric;
  throw new UserError({
    code: 'score-invalid',
    what: `there are no scores of ${name} for every image`,
    where,
    expected: `one of ${system.metrics.map((one) => one.name).join(', ')}`,
    fix: 'name one of these with --metric, or score the candidate with the metric of the baseline',
  });
}
