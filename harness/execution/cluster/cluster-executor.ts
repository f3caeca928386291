/**
 * Performs runs through a scheduler: hands over those that it does not have yet, follows all of them by their state in its queue and by
 * what they leave in the store, and can leave them to it at any time. It looks seldom while nothing changes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import { printNote } from '../../log-text.js';
import { whileLocked } from '../../records/lock.js';
import type { Executor, RunOutcome, TitledRun } from '../executor.js';
import type { Interruption } from '../interruption.js';
import { jobsFolder, writeJobFile } from '../jobs/job-file.js';
import { requirePlannedFor } from '../jobs/planned-engine.js';
import { runWaves } from '../run-waves.js';
import { FollowedRun } from './followed-run.js';
import { jobFailure } from './job-failure.js';
import type { EndedJob, JobHandle, JobState, Scheduler } from './scheduler.js';
import { newSubmission, recordSubmission, submissionsFolder, submittedJobs } from './submissions.js';

export interface ClusterOptions {
  readonly store: string;
  readonly interruption: Interruption;
  /** Submit nothing. */
  readonly attach: boolean;
  readonly cancelOnStop: boolean;
}

interface Following {
  readonly followed: FollowedRun;
  readonly handle: JobHandle;
  readonly settle: (outcome: RunOutcome) => void;
  shown: string;
  /** Since when the job is known to have ended, in milliseconds of this process. */
  endedAt: number | undefined;
}

/** How long a shared file system may take to show what another machine wrote there, in seconds. */
const storeDelay = { afterSuccess: 60, afterFailure: 2 };

export function clusterExecutor(scheduler: Scheduler, options: ClusterOptions): Executor {
  const { interruption, cancelOnStop } = options;
  const following = new Set<Following>();
  const wake = new AbortController();
  let handles: ReadonlyMap<string, JobHandle> = new Map();
  let loop: Promise<void> | undefined;
  let complained = false;

  const follow = async (): Promise<void> => {
    let seconds = Math.min(1, scheduler.pollSeconds);
    while (following.size > 0) {
      const changed = await look();
      if (following.size === 0) break;
      seconds = changed ? Math.min(1, scheduler.pollSeconds) : Math.min(seconds * 1.5, scheduler.pollSeconds);
      await pause(seconds * 1000, undefined, { signal: wake.signal }).catch(() => {});
      if (wake.signal.aborted) break;
    }
    loop = undefined;
  };

  /** @returns whether any run is in another state than at the last look */
  const look = async (): Promise<boolean> => {
    let states: ReadonlyMap<JobHandle, JobState>;
    try {
      states = await scheduler.states([...following].map(({ handle }) => handle));
      complained = false;
    } catch (error) {
      if (!complained) printNote(`${scheduler.name} cannot be asked now (${reasonOf(error)}); trying again`);
      complained = true;
      return false;
    }
    let changed = false;
    for (const run of [...following]) {
      const state = states.get(run.handle);
      if (state === undefined || state.type === 'ended') {
        changed = (await settleEnded(run, state)) || changed;
        continue;
      }
      run.endedAt = undefined;
      const shown = `${state.type} ${state.detail}`;
      if (shown !== run.shown) run.followed.run.onQueueState?.(state);
      changed ||= shown !== run.shown;
      run.shown = shown;
      if (state.type === 'running') run.followed.look();
    }
    return changed;
  };

  /** @returns false while the store may still have to show how the run ended */
  const settleEnded = async (run: Following, ended: EndedJob | undefined): Promise<boolean> => {
    const { followed, handle } = run;
    const settle = (outcome: RunOutcome): true => {
      following.delete(run);
      run.settle(outcome);
      return true;
    };
    followed.look();
    try {
      const result = followed.result();
      if (result !== undefined) return settle({ type: 'done', result, fromRecord: false });
    } catch (error) {
      if (error instanceof UserError) return settle({ type: 'failed', error });
      throw error;
    }
    run.endedAt ??= performance.now();
    const delay = ended?.succeeded === false ? storeDelay.afterFailure : storeDelay.afterSuccess;
    if (performance.now() - run.endedAt < delay * 1000) return false;
    const log = await scheduler.log(handle).catch(() => ({ where: `job ${handle}`, lines: [] }));
    return settle({ type: 'failed', error: jobFailure(followed, { scheduler: scheduler.name, handle, ended, log }) });
  };

  const leave = async (): Promise<void> => {
    if (cancelOnStop && following.size > 0) {
      const cancelled = scheduler.cancel([...following].map(({ handle }) => handle));
      await cancelled.catch((error) => printNote(`the jobs could not be cancelled: ${reasonOf(error)}`));
    }
    for (const { settle } of following) settle({ type: 'interrupted' });
    following.clear();
    wake.abort();
  };
  const onStop = () => void leave();
  interruption.stop.addEventListener('abort', onStop);

  return {
    handover: {
      submit: async (runs) => {
        handles = await handOver(runs, scheduler, options);
      },
      afterStop: cancelOnStop
        ? {
            what: 'and the jobs of the others are cancelled',
            fix: 'run the same command again: it submits them anew, and they resume from their last checkpoint',
          }
        : {
            what: `and ${scheduler.name} goes on with the others`,
            fix: 'run the same command again, with or without --attach, to follow them and to get the report',
          },
    },
    perform: (run) => {
      const handle = handles.get(run.job.runId);
      if (handle === undefined) throw new RangeError(`run ${run.job.runId} was not handed over`);
      if (interruption.stop.aborted) return Promise.resolve({ type: 'interrupted' });
      const outcome = new Promise<RunOutcome>((settle) => {
        following.add({ followed: new FollowedRun(run), handle, settle, shown: '', endedAt: undefined });
      });
      // Runs that are asked for together are looked at together.
      loop ??= pause(0).then(follow);
      return Promise.race([outcome, failureOf(loop)]);
    },
    close: async () => {
      interruption.stop.removeEventListener('abort', onStop);
      wake.abort();
      await loop?.catch(() => {});
      await scheduler.close();
    },
  };
}

/** Never fulfilled: only what goes wrong with the loop itself is heard. */
async function failureOf(loop: Promise<void>): Promise<never> {
  await loop;
  return new Promise<never>(() => {});
}

/** @returns the job of every run, new or of earlier */
async function handOver(
  runs: readonly TitledRun[],
  scheduler: Scheduler,
  { store, attach, interruption }: ClusterOptions,
): Promise<ReadonlyMap<string, JobHandle>> {
  if (!attach) requirePlannedFor(runs, scheduler.name, scheduler.gpus);
  const folder = submissionsFolder(store, scheduler.name);
  const onWait = () => printNote(`waiting for another command that submits runs of ${store}`);
  const work = async (): Promise<ReadonlyMap<string, JobHandle>> => {
    const earlier = submittedJobs(folder);
    const known = runs.flatMap(({ job }) => {
      const handle = earlier.get(job.runId);
      return handle === undefined ? [] : [{ runId: job.runId, handle }];
    });
    const states = known.length === 0 ? new Map() : await scheduler.states(known.map(({ handle }) => handle));
    const isActive = (handle: JobHandle) => ['queued', 'running'].includes(states.get(handle)?.type ?? '');
    const handles = new Map(known.map(({ runId, handle }) => [runId, handle]));
    if (attach) {
      requireSubmitted(runs, handles, scheduler.name);
      return handles;
    }
    const active = new Map(known.filter(({ handle }) => isActive(handle)).map(({ runId, handle }) => [runId, handle]));
    const waves = runWaves(runs.filter(({ job }) => !active.has(job.runId)));
    for (const run of waves.flat()) writeJobFile(run);
    const name = newSubmission(folder, Date.now());
    const submitted: { readonly runId: string; readonly handle: JobHandle }[] = [];
    if (waves.length > 0) {
      const onSubmitted = (jobs: readonly { readonly runId: string; readonly handle: JobHandle }[]) => {
        submitted.push(...jobs);
        recordSubmission(folder, name, submitted);
        for (const { runId, handle } of jobs) handles.set(runId, handle);
      };
      await scheduler.submit({ name, waves, active, onSubmitted });
    }
    return handles;
  };
  return whileLocked(`${jobsFolder(store)}/lock`, work, { signal: interruption.stop, onWait });
}

function requireSubmitted(
  runs: readonly TitledRun[],
  handles: ReadonlyMap<string, JobHandle>,
  scheduler: Scheduler['name'],
): void {
  const missing = runs.filter(({ job }) => !handles.has(job.runId));
  if (missing.length === 0) return;
  throw new UserError({
    code: 'not-available',
    what: `${missing.length} of ${runs.length} runs without a result were never submitted to ${scheduler}, the first being ${missing[0]!.title}`,
    expected: 'with --attach, runs that were submitted before',
    fix: 'run the same command without --attach: it submits what is missing and follows all of them',
  });
}

function reasonOf(error: unknown): string {
  const text = error instanceof UserError ? (error.problems[0]?.what ?? error.message) : String(Object(error).message);
  return text.split('\n')[0]!.slice(0, 200);
}
