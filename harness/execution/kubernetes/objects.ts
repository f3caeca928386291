/** What Jobs and pods say of a run, pure: the fields that are read, and the state that they amount to. */
import type { EndedJob, EndReason, JobState } from '../cluster/scheduler.js';

interface Metadata {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The client makes dates of them. */
  readonly creationTimestamp?: string | Date;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

export interface JobObject {
  readonly metadata?: Metadata;
  readonly spec?: {
    readonly suspend?: boolean;
    readonly completions?: number;
    /** Of a Job whose every index is a run; without it, its indices are the ranks of one. */
    readonly backoffLimitPerIndex?: number;
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    /** As `0-2,5`. */
    readonly completedIndexes?: string;
    readonly failedIndexes?: string;
  };
}

export interface PodObject {
  readonly metadata?: Metadata;
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly {
      readonly state?: {
        readonly waiting?: { readonly reason?: string };
        readonly terminated?: {
          readonly reason?: string;
          readonly exitCode?: number;
          readonly finishedAt?: string | Date;
        };
      };
    }[];
  };
}

const holds = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;

export function hasEnded({ status }: JobObject): boolean {
  return holds(status?.conditions, 'Complete') || holds(status?.conditions, 'Failed');
}

/** Whether any run of the Job was completed. */
export function hasCompletedRun({ spec, status }: JobObject): boolean {
  if (holds(status?.conditions, 'Complete')) return true;
  return spec?.backoffLimitPerIndex !== undefined && (status?.completedIndexes ?? '') !== '';
}

export function hasIndex(ranges: string | undefined, index: number): boolean {
  return (ranges ?? '').split(',').some((range) => {
    const [from = Number.NaN, to = from] = range === '' ? [] : range.split('-').map(Number);
    return from <= index && index <= to;
  });
}

/** Pods by their Jobs, so that those of each of many runs are found without a look at all. */
export function podsByJob(pods: readonly PodObject[]): PodsOf {
  const created = ({ metadata }: PodObject): number => new Date(metadata?.creationTimestamp ?? 0).getTime();
  const grouped = new Map<string, PodObject[]>();
  for (const pod of pods.toSorted((left, right) => created(left) - created(right))) {
    const { labels = {} } = pod.metadata ?? {};
    const job = labels['batch.kubernetes.io/job-name'] ?? labels['job-name'] ?? '';
    for (const key of [job, `${job}/${completionIndex(pod)}`]) {
      const group = grouped.get(key);
      if (group === undefined) grouped.set(key, [pod]);
      else group.push(pod);
    }
  }
  return (job, index) => grouped.get(index === undefined ? job : `${job}/${index}`) ?? [];
}

/** The pods of a Job, or of one of its indices, the latest last. */
export type PodsOf = (job: string, index: number | undefined) => readonly PodObject[];

const indexKey = 'batch.kubernetes.io/job-completion-index';

function completionIndex({ metadata: { labels = {}, annotations = {} } = {} }: PodObject): string | undefined {
  return annotations[indexKey] ?? labels[indexKey];
}

/** @param index of a run among those of the Job; undefined where the Job is one run @param pods of it, the latest last */
export function runState(job: JobObject, index: number | undefined, pods: readonly PodObject[]): JobState {
  const { spec, status } = job;
  const isComplete =
    index === undefined ? holds(status?.conditions, 'Complete') : hasIndex(status?.completedIndexes, index);
  if (isComplete) return { type: 'ended', succeeded: true };
  const isFailed =
    holds(status?.conditions, 'Failed') || (index !== undefined && hasIndex(status?.failedIndexes, index));
  if (isFailed) return endOf(pods, status?.conditions);
  if (spec?.suspend === true) return { type: 'queued', detail: 'suspended' };
  const running = pods.findLast((pod) => pod.status?.phase === 'Running');
  if (running !== undefined) return { type: 'running', detail: running.spec?.nodeName ?? '' };
  return { type: 'queued', detail: waitingFor(pods.at(-1)) };
}

function waitingFor(pod: PodObject | undefined): string {
  const scheduled = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return scheduled.reason ?? '';
  return pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '';
}

const endReasons: Readonly<Record<string, EndReason>> = {
  OOMKilled: 'out-of-memory',
  DeadlineExceeded: 'time-limit',
  Evicted: 'preempted',
  Preempting: 'preempted',
  NodeLost: 'node-failure',
  NodeShutdown: 'node-failure',
  Shutdown: 'node-failure',
  StartError: 'not-started',
  ContainerCannotRun: 'not-started',
};

/**
 * The pod that is to blame, of those of a run that failed: the last attempt's, and of several ranks the one that ended first, as the others
 * end because of it.
 */
export function failedPod(pods: readonly PodObject[]): PodObject | undefined {
  const hasFailed = (pod: PodObject): boolean =>
    (terminated(pod)?.exitCode ?? 0) !== 0 || pod.status?.reason !== undefined;
  const ended = (pod: PodObject): number => new Date(terminated(pod)?.finishedAt ?? 8.64e15).getTime();
  const latest = new Map(pods.filter(hasFailed).map((pod) => [completionIndex(pod), pod]));
  return [...latest.values()].toSorted((left, right) => ended(left) - ended(right))[0];
}

function endOf(pods: readonly PodObject[], conditions: readonly Condition[] | undefined): EndedJob {
  const failed = failedPod(pods);
  const { reason: ofContainer = '', exitCode } = terminated(failed) ?? {};
  const ofJob = conditions?.find(({ type, status }) => type === 'Failed' && status === 'True')?.reason ?? '';
  const reason = endReasons[failed?.status?.reason ?? ''] ?? endReasons[ofContainer] ?? endReasons[ofJob];
  return {
    type: 'ended',
    succeeded: false,
    ...(reason === undefined ? {} : { reason }),
    ...(exitCode === undefined || exitCode === 0 ? {} : { detail: `exit code ${exitCode}` }),
  };
}

const terminated = (pod: PodObject | undefined) => pod?.status?.containerStatuses?.[0]?.state?.terminated;

/** The messages of a list of events, the latest last. */
export function warningsOf(list: unknown): readonly string[] {
  const { items = [] } = list as { readonly items?: readonly EventObject[] };
  const time = ({ lastTimestamp, eventTime }: EventObject) => new Date(lastTimestamp ?? eventTime ?? 0).getTime();
  return items.toSorted((left, right) => time(left) - time(right)).flatMap(({ message }) => message ?? []);
}

interface EventObject {
  readonly message?: string;
  readonly lastTimestamp?: string | Date | null;
  readonly eventTime?: string | Date | null;
}
