/** The error of a run whose job ended without a result: what the run itself left behind, what the scheduler blames, and the end of its log. */
import { UserError } from '../../errors.js';
import { readFailure } from '../jobs/job-file.js';
import type { FollowedRun } from './followed-run.js';
import type { EndedJob, EndReason, JobHandle, JobLog, Scheduler } from './scheduler.js';

export interface FailureContext {
  readonly scheduler: Scheduler['name'];
  readonly handle: JobHandle;
  /** Undefined when the scheduler no longer knows the job. */
  readonly ended: EndedJob | undefined;
  readonly log: JobLog;
}

const resumes = 'the same command submits it again, and it resumes from its last checkpoint';

const advice: Readonly<Record<EndReason, { readonly what: string; readonly fix: (scheduler: string) => string }>> = {
  'out-of-memory': { what: 'out of memory', fix: (name) => `raise ${name}.memory; ${resumes}` },
  'time-limit': { what: 'time limit', fix: (name) => `raise ${name}.timeLimit, or just go on: ${resumes}` },
  'node-failure': { what: 'node failure', fix: () => resumes },
  cancelled: { what: 'cancelled', fix: () => resumes },
  preempted: { what: 'preempted and not queued again', fix: () => resumes },
  'not-started': { what: 'it could not be started', fix: (name) => `check the settings under ${name}; ${resumes}` },
};

export function jobFailure({ run, lastStep }: FollowedRun, context: FailureContext): UserError {
  const { scheduler, handle, ended, log } = context;
  const reason = ended?.reason ?? (ended?.succeeded === true ? undefined : log.reason);
  const own = readFailure(run.job);
  const how = [
    `job ${handle}`,
    ...(lastStep > 0 ? [`after step ${lastStep}`] : []),
    ...(ended === undefined ? [`of which ${scheduler} knows no more`] : []),
    ...(reason === undefined ? [] : [advice[reason].what]),
    ...(ended?.detail === undefined ? [] : [ended.detail]),
  ].join(', ');
  const [first, ...others] = own;
  const fix = first?.fix ?? (reason === undefined ? `read the log; ${resumes}` : advice[reason].fix(scheduler));
  const what = `the run ${run.title} failed on ${scheduler} (${how})${first === undefined ? '' : `: ${first.what}`}`;
  const problem = {
    code: 'run-failed' as const,
    what,
    where: first?.where ?? log.where,
    ...(first?.expected === undefined ? {} : { expected: first.expected }),
    ...(log.lines.length > 0 ? { log: log.lines } : {}),
    fix,
  };
  return new UserError([problem, ...others.map((other) => ({ code: 'run-failed' as const, ...other }))]);
}
