/**
 * Why a Job that has begun has no pods: a quota, a service account that there is not, a policy of the name space. Neither the Job nor any pod
 * says so, only the events of the Job, which not everybody may read.
 */
import type { KubernetesApi } from './api.js';

/** Seconds between two looks at the events of a Job: few after it began, as its events come later than the Job itself, then twice as many. */
const lookSeconds = { first: 2, longest: 30 };

/** @param now milliseconds */
export function stalledJobs(api: Pick<KubernetesApi, 'warnings'>, now: () => number = () => performance.now()) {
  const known = new Map<string, { readonly until: number; readonly seconds: number; readonly reason: string }>();
  /** @returns the latest warning about a Job; empty where there is none, or where events cannot be read */
  return async (job: string): Promise<string> => {
    const earlier = known.get(job);
    if (earlier !== undefined && now() < earlier.until) return earlier.reason;
    const warnings = await api.warnings(job).catch(() => []);
    // The API says `Error creating: pods "…" is forbidden: …`.
    const reason = (warnings.at(-1) ?? '').replace(/^Error creating: /, '');
    const { first, longest } = lookSeconds;
    const seconds = reason === '' ? Math.min(longest, 2 * (earlier?.seconds ?? first / 2)) : longest;
    known.set(job, { until: now() + seconds * 1000, seconds, reason });
    return reason;
  };
}
