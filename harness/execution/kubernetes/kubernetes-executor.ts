/**
 * Performs runs as Jobs of Kubernetes. A Job that waits for others is suspended, and whichever command follows the runs lets it begin when
 * those have ended: Kubernetes knows no order among Jobs.
 */
import { UserError } from '../../errors.js';
import { clusterExecutor } from '../cluster/cluster-executor.js';
import { endOf } from '../cluster/last-lines.js';
import type { JobHandle, JobState, Scheduler, Submission, SubmittedJob } from '../cluster/scheduler.js';
import type { Executor, StartOptions, TitledRun } from '../executor.js';
import type { KubernetesSettings } from '../executor-settings.js';
import { connectKubernetes, type Followed, type KubernetesApi } from './api.js';
import { afterAnnotation, jobManifests } from './manifests.js';
import { hasEnded, type JobObject, type PodObject, podsOf, runState } from './objects.js';

const shownLines = 8;
/** Least time that is given to an attempt where the limit is taken from the plan, and its multiple, in seconds. */
const fromPlan = { least: 600, allowance: 3 };

/** @param connect for tests @throws UserError for settings that are missing, or as `connectKubernetes` */
export async function kubernetesExecutor(
  settings: KubernetesSettings,
  { store, interruption, attach = false, secondsPerRun }: StartOptions,
  connect: (settings: KubernetesSettings) => Promise<KubernetesApi> = connectKubernetes,
): Promise<Executor> {
  const complete = requireImage(settings);
  const api = await connect(settings);
  let followed: { readonly jobs: Followed<JobObject>; readonly pods: Followed<PodObject> } | undefined;
  const follow = async () => {
    followed ??= { jobs: await api.followJobs(), pods: await api.followPods() };
    return { jobs: followed.jobs.list(), pods: followed.pods.list() };
  };
  const seconds = secondsOf(settings, secondsPerRun);
  const submitJob = async (runs: readonly TitledRun[], name: string, after: readonly string[]): Promise<void> => {
    const context = { name, settings: complete, store: settings.store ?? store, after };
    const manifests = jobManifests(runs, { ...context, ...(seconds === undefined ? {} : { seconds }) });
    if (manifests.service !== undefined) await accepted(api.createService(manifests.service));
    await accepted(api.createJob(manifests.job));
  };

  const scheduler: Scheduler = {
    name: 'kubernetes',
    pollSeconds: settings.pollSeconds,
    submit: async ({ name, waves, active, onSubmitted }: Submission) => {
      const jobs = new Map([...active].map(([runId, handle]) => [runId, jobOf(handle)]));
      for (const [wave, runs] of waves.entries()) {
        const base = `vlm-bench-${name}-w${wave + 1}`;
        const isDistributed = settings.devices > 1;
        const parts = isDistributed ? runs.map((run) => [run]) : [runs];
        for (const [part, own] of parts.entries()) {
          const job = isDistributed ? `${base}-r${part}` : base;
          const before = own.flatMap((run) => jobs.get(run.job.forkFrom?.runId ?? '') ?? []);
          await submitJob(own, job, [...new Set(before)]);
          onSubmitted(
            own.map(
              (run, index): SubmittedJob => ({
                runId: run.job.runId,
                handle: isDistributed ? job : `${job}/${index}`,
              }),
            ),
          );
        }
        for (const [index, { job }] of runs.entries()) jobs.set(job.runId, isDistributed ? `${base}-r${index}` : base);
      }
    },
    states: async (handles) => {
      const { jobs, pods } = await follow();
      const byName = new Map(jobs.map((job) => [job.metadata?.name ?? '', job]));
      await resumeReady(handles, byName, api);
      const states = new Map<JobHandle, JobState>();
      for (const handle of handles) {
        const job = byName.get(jobOf(handle));
        const index = indexOf(handle);
        if (job !== undefined) states.set(handle, runState(job, index, podsOf(pods, jobOf(handle), index)));
      }
      return states;
    },
    cancel: async (handles) => {
      for (const job of new Set(handles.map(jobOf))) await api.remove(job);
    },
    log: async (handle) => {
      const { pods } = await follow();
      const pod = podsOf(pods, jobOf(handle), indexOf(handle)).at(-1)?.metadata?.name;
      if (pod === undefined) return { where: `job ${handle}, of which there is no pod any more`, lines: [] };
      const where = `kubectl logs ${pod} -n ${settings.namespace}`;
      const text = await api.log(pod, shownLines).catch(() => '');
      return { where, lines: endOf(text) };
    },
    close: async () => {
      await Promise.all([followed?.jobs.stop(), followed?.pods.stop()]);
    },
  };
  return clusterExecutor(scheduler, { store, interruption, attach, cancelOnStop: settings.cancelOnStop });
}

const jobOf = (handle: JobHandle): string => handle.split('/')[0]!;

function indexOf(handle: JobHandle): number | undefined {
  const [, index] = handle.split('/');
  return index === undefined ? undefined : Number(index);
}

/** Lets every suspended Job begin whose forerunners have ended, well or not, or are gone. */
async function resumeReady(
  handles: readonly JobHandle[],
  jobs: ReadonlyMap<string, JobObject>,
  api: KubernetesApi,
): Promise<void> {
  for (const name of new Set(handles.map(jobOf))) {
    const job = jobs.get(name);
    const after = job?.metadata?.annotations?.[afterAnnotation];
    if (job?.spec?.suspend !== true || after === undefined) continue;
    const isReady = after.split(',').every((before) => {
      const forerunner = jobs.get(before);
      return forerunner === undefined || hasEnded(forerunner);
    });
    if (isReady) await api.resumeJob(name);
  }
}

function secondsOf({ timeLimit }: KubernetesSettings, secondsPerRun: number | undefined): number | undefined {
  if (timeLimit === 'plan') {
    if (secondsPerRun === undefined) return undefined;
    return Math.max(fromPlan.least, Math.ceil(fromPlan.allowance * secondsPerRun));
  }
  const [, days = '0', hours, minutes, seconds] = /^(?:(\d+)-)?(\d+):(\d\d):(\d\d)$/.exec(timeLimit) ?? [];
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

function requireImage(settings: KubernetesSettings): KubernetesSettings & { readonly image: string } {
  const { image } = settings;
  if (image !== undefined && settings.volumes.length > 0) return { ...settings, image };
  const missing = image === undefined ? 'image' : 'volumes';
  const expected = {
    image: 'a container image with vlm-bench in it',
    volumes: 'at least the volume that holds the store, for example { claim: results, mountPath: /results }',
  };
  throw new UserError({
    code: 'config-invalid',
    what: `kubernetes.${missing} is missing`,
    expected: expected[missing],
    fix: `set it in vlm-bench.config.yaml${missing === 'image' ? ', or by --set kubernetes.image=…' : ''}`,
  });
}

/** @throws UserError with what the API says against a manifest */
async function accepted(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, body, message } = Object(error) as { code?: unknown; body?: unknown; message?: unknown };
    const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(
      typeof body === 'string' ? body : JSON.stringify(body ?? ''),
    )?.[1];
    throw new UserError(
      {
        code: 'run-failed',
        what: `Kubernetes refused a job${typeof code === 'number' ? ` (${code})` : ''}: ${said ?? String(message)}`,
        fix: 'correct the settings under kubernetes (vlm-bench.config.yaml or --set), or ask those who run the cluster',
      },
      { cause: error },
    );
  }
}
