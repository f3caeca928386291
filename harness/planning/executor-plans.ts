/**
 * What a plan is to each executor: how many jobs, in which waves, how many hours of processors or GPUs, and whether the time budget is
 * kept. Pure. Times are those of this machine's calibration, whatever the machines of a cluster are like.
 */
import { availableParallelism } from 'node:os';
import { type ExecutorName, type ExecutorSettings, executorNames, settingsOf } from '../execution/executor-settings.js';
import type { Calibration } from './calibration.js';
import { tasksOf } from './engine-times.js';
import type { RunGraph } from './run-graph.js';
import { bestPlaces, remainingTasks, type Task, taskEnds } from './schedule.js';

/** Of the paper's abstract: training took less than 12 hours. */
const budgetHours = 12;

export interface ExecutorPlan {
  readonly executor: ExecutorName;
  /** Whether the runs would be performed by it as things are set. */
  readonly chosen: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Runs and shared beginnings that have no result yet. */
  readonly jobs: number;
  /** In the order in which they are performed; a wave waits for those before it. Beside this command there is one list. */
  readonly waves: readonly (readonly string[])[];
  /** Jobs at the same time; null where the scheduler alone decides. */
  readonly atOnce: number | null;
  /** GPUs of one run; 0 where it takes processors only. */
  readonly devices: number;
  readonly budgetHours: number;
  /** Absent where nothing was measured on this machine yet. */
  readonly time?: {
    /** From nothing to the last result, with no time in a queue. */
    readonly wallHours: number;
    /** Of GPUs where a run takes any, else of processors. */
    readonly deviceHours: number;
    /** The first job that would not be done within the budget; null where all would. */
    readonly overBudgetFrom: string | null;
  };
}

export interface ExecutorPlanOptions {
  readonly settings: ExecutorSettings;
  readonly recorded: readonly boolean[];
  readonly jobs?: number;
  readonly calibration?: Calibration;
}

type Forks = Pick<RunGraph, 'trainings'>;

export function executorPlans(graph: RunGraph, options: ExecutorPlanOptions): readonly ExecutorPlan[] {
  const { settings, recorded, calibration } = options;
  const left = leftOf(graph, recorded);
  const tasks = calibration === undefined ? undefined : tasksOf(graph, calibration);
  return executorNames.map((executor): ExecutorPlan => {
    const own = executor === 'local' ? undefined : settings[executor];
    const devices = own?.devices ?? 0;
    const waves = executor === 'local' ? [left] : wavesOf(graph, left);
    const atOnce =
      own === undefined ? Math.min(options.jobs ?? Infinity, availableParallelism()) : (own.atOnce ?? null);
    const titles = (indices: readonly number[]) => indices.map((index) => graph.nodes[index]!.title);
    return {
      executor,
      chosen: executor === settings.executor,
      settings: settingsOf({ ...settings, executor }),
      jobs: left.length,
      waves: left.length === 0 ? [] : waves.map(titles),
      atOnce,
      devices,
      budgetHours,
      ...(tasks === undefined || calibration === undefined
        ? {}
        : {
            time: timeOf(tasks, waves, {
              isLocal: executor === 'local',
              atOnce,
              devices,
              startSeconds: calibration.startSeconds,
              titles,
            }),
          }),
    };
  });
}

/** Indices of what would be performed, in the order of execution. */
function leftOf({ trainings }: Forks, recorded: readonly boolean[]): readonly number[] {
  const counted = trainings.map(({ from }): Task => ({ seconds: 1, ...(from === undefined ? {} : { after: from }) }));
  return remainingTasks(counted, (index) => recorded[index]!).flatMap(({ seconds }, index) =>
    seconds === 0 ? [] : [index],
  );
}

function wavesOf({ trainings }: Forks, left: readonly number[]): readonly (readonly number[])[] {
  const waveOf = new Map<number, number>();
  const waves: number[][] = [];
  for (const index of left) {
    const { from } = trainings[index]!;
    const wave = from === undefined ? 0 : (waveOf.get(from) ?? -1) + 1;
    waveOf.set(index, wave);
    waves[wave] ??= [];
    waves[wave].push(index);
  }
  return waves;
}

interface TimeContext {
  /** Beside this command each place loads the data once; elsewhere each job does. */
  readonly isLocal: boolean;
  readonly atOnce: number | null;
  readonly devices: number;
  readonly startSeconds: number;
  readonly titles: (indices: readonly number[]) => readonly string[];
}

function timeOf(
  tasks: readonly Task[],
  waves: readonly (readonly number[])[],
  { isLocal, atOnce, devices, startSeconds, titles }: TimeContext,
): ExecutorPlan['time'] & object {
  let begun = 0;
  let work = 0;
  const ends: { readonly index: number; readonly end: number }[] = [];
  for (const wave of waves) {
    const places = atOnce ?? Math.max(1, wave.length);
    const inWave = new Map(wave.map((index, place) => [index, place]));
    const own = wave.map((index): Task => {
      const { seconds, after } = tasks[index]!;
      const before = after === undefined ? undefined : inWave.get(after);
      return { seconds: seconds + (isLocal ? 0 : startSeconds), ...(before === undefined ? {} : { after: before }) };
    });
    if (own.length === 0) continue;
    const best = bestPlaces(own, places);
    const start = begun + (isLocal ? startSeconds : 0);
    for (const [place, end] of taskEnds(own, best.places).entries())
      ends.push({ index: wave[place]!, end: start + end });
    work += own.reduce((sum, { seconds }) => sum + seconds, isLocal ? startSeconds * best.places : 0);
    begun = start + best.seconds;
  }
  const hour = 3600;
  const late = ends.filter(({ end }) => end > budgetHours * hour).sort((left, right) => left.end - right.end)[0];
  return {
    wallHours: begun / hour,
    deviceHours: (work / hour) * Math.max(1, devices),
    overBudgetFrom: late === undefined ? null : titles([late.index])[0]!,
  };
}
