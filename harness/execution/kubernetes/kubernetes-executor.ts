/**
 * Performs runs as Jobs of Kubernetes. A Job that waits for others is suspended, and whichever command follows the runs lets it begin when
 * those have ended: Kubernetes knows no order among Jobs.
 */
import { UserError } from '../../errors.js';
import { printNote } from '../../log-text.js';
import { clusterExecutor } from '../cluster/cluster-executor.js';
import { endOf } from '../cluster/last-lines.js';
import type { JobHandle, JobState, Scheduler, Submission, SubmittedJob } from '../cluster/scheduler.js';
import type { Executor, StartOptions, TitledRun } from '../executor.js';
import type { KubernetesSettings } from '../executor-settings.js';
import { connectKubernetes, type KubernetesApi } from './api.js';
import { beginWaiting } from './begin-waiting.js';
import type { Followed } from './follow-objects.js';
import { jobManifests, type ManifestContext } from './manifests.js';
import { failedPod, type JobObject, type PodObject, podsByJob, runState } from './objects.js';
import { refusal, saidBy } from './refusal.js';
import { stalledJobs } from './stalled-jobs.js';

const shownLines = 8;
const whatIsAsked = 'to show its jobs';
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
    followed ??= await followAll(api);
    try {
      return { jobs: followed.jobs.list(), podsOf: podsByJob(followed.pods.list()) };
    } catch (error) {
      throw refusal(error, whatIsAsked);
    }
  };
  const stalled = stalledJobs(api);
  const begin = beginWaiting(api);
  const seconds = secondsOf(settings, secondsPerRun);
  const submitJob = async (
    runs: readonly TitledRun[],
    waiting: Pick<ManifestContext, 'name' | 'after' | 'inTurnAfter'>,
  ): Promise<void> => {
    const context = { ...waiting, settings: complete, store: settings.store ?? store };
    const manifests = jobManifests(runs, { ...context, ...(seconds === undefined ? {} : { seconds }) });
    try {
      const uid = await api.createJob(manifests.job);
      if (manifests.service === undefined) return;
      await api.createService(manifests.service(uid)).catch(async (error) => {
        await api.remove(waiting.name).catch((left) => {
          printNote(`warning: the job ${waiting.name} has no Service and could not be removed: ${saidBy(left).said}`);
        });
        throw error;
      });
    } catch (error) {
      throw refusal(error, 'a job');
    }
  };

  const scheduler: Scheduler = {
    name: 'kubernetes',
    pollSeconds: settings.pollSeconds,
    gpus: /gpu|\/mig-/i.test(settings.deviceResource) ? settings.devices : 0,
    submit: async ({ name, waves, active, onSubmitted }: Submission) => {
      // Whoever may not follow jobs should not begin them.
      await follow();
      const jobs = new Map([...active].map(([runId, handle]) => [runId, jobOf(handle)]));
      const { atOnce = Number.POSITIVE_INFINITY } = settings;
      /** Jobs of single runs, in the order of their turns. */
      const inOrder: string[] = [];
      for (const [wave, runs] of waves.entries()) {
        const base = `vlm-bench-${name}-w${wave + 1}`;
        const isDistributed = settings.devices > 1;
        const parts = isDistributed ? runs.map((run) => [run]) : [runs];
        for (const [part, own] of parts.entries()) {
          const job = isDistributed ? `${base}-r${part}` : base;
          const before = own.flatMap((run) => jobs.get(run.job.forkFrom?.runId ?? '') ?? []);
          // Those of one Job are limited by its parallelism.
          const turn = isDistributed ? inOrder[inOrder.length - atOnce] : undefined;
          await submitJob(own, {
            name: job,
            after: [...new Set(before)],
            inTurnAfter: turn === undefined ? [] : [turn],
          });
          inOrder.push(job);
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
      const { jobs, podsOf } = await follow();
      const byName = new Map(jobs.map((job) => [job.metadata?.name ?? '', job]));
      const inVain = await begin(handles.map(jobOf), byName);
      const states = new Map<JobHandle, JobState>();
      for (const handle of handles) {
        const job = byName.get(jobOf(handle));
        const index = indexOf(handle);
        if (job === undefined) continue;
        const own = podsOf(jobOf(handle), index);
        const state = runState(job, index, own);
        if (inVain.has(jobOf(handle))) states.set(handle, { type: 'ended', succeeded: false, reason: 'cancelled' });
        else if (state.type === 'queued' && state.detail === '' && own.length === 0) {
          states.set(handle, { ...state, detail: await stalled(jobOf(handle)) });
        } else states.set(handle, state);
      }
      return states;
    },
    cancel: async (handles) => {
      const refused: unknown[] = [];
      for (const job of new Set(handles.map(jobOf))) await api.remove(job).catch((error) => refused.push(error));
      if (refused.length > 0) throw refusal(refused[0], 'to remove a job');
    },
    log: async (handle) => {
      const { podsOf } = await follow();
      const own = podsOf(jobOf(handle), indexOf(handle));
      const pod = (failedPod(own) ?? own.at(-1))?.metadata?.name;
      if (pod === undefined) return { where: `job ${handle}, of which there is no pod any more`, lines: [] };
      const where = `kubectl logs ${pod} -n ${settings.namespace}`;
      const text = await api.log(pod, shownLines).catch((error) => `the log cannot be read: ${saidBy(error).said}`);
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

/** @throws UserError when the API cannot be asked, or does not let this user follow what becomes of jobs */
async function followAll(api: KubernetesApi) {
  try {
    const jobs = await api.followJobs();
    try {
      return { jobs, pods: await api.followPods() };
    } catch (error) {
      await jobs.stop();
      throw error;
    }
  } catch (error) {
    throw refusal(error, whatIsAsked);
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
