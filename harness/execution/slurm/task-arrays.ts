/**
 * The job arrays of a wave, such that a run starts when its own shared stage is done and not when those of all runs are: runs whose stages
 * stand in one array bear the same task numbers as these (`--dependency=aftercorr`), one array for the first run of each stage, one for the
 * second and so on. A run that waits for a job of an earlier submission names it. Pure.
 */
import type { JobHandle } from '../cluster/scheduler.js';
import type { TitledRun } from '../executor.js';

export interface TaskArray {
  readonly runs: readonly TitledRun[];
  /** Number of each run's task in the array, ascending. */
  readonly tasks: readonly number[];
  /** Array whose task of the same number has to succeed before. */
  readonly corresponding?: string;
  /** Jobs that must have ended, well or not: a run finds out by itself whether the stages that it forks from are there. */
  readonly after: readonly JobHandle[];
}

/** An array has at most 1001 tasks unless a cluster says otherwise (`MaxArraySize`). */
const largestArray = 1000;

/**
 * @param submitted jobs of the waves before, by run
 * @param active jobs of earlier submissions, by run
 */
export function taskArrays(
  wave: readonly TitledRun[],
  submitted: ReadonlyMap<string, JobHandle>,
  active: ReadonlyMap<string, JobHandle>,
): readonly TaskArray[] {
  const alone: TitledRun[] = [];
  const groups = new Map<string, { readonly corresponding: string; readonly tasks: Map<number, TitledRun> }>();
  const siblings = new Map<JobHandle, number>();
  for (const run of wave) {
    const stage = run.job.forkFrom && submitted.get(run.job.forkFrom.runId);
    if (stage === undefined) {
      alone.push(run);
      continue;
    }
    const place = siblings.get(stage) ?? 0;
    siblings.set(stage, place + 1);
    const [corresponding = '', task] = stage.split('_');
    const key = `${corresponding}/${place}`;
    const group = groups.get(key) ?? { corresponding, tasks: new Map<number, TitledRun>() };
    groups.set(key, group);
    group.tasks.set(Number(task), run);
  }
  return [
    ...inParts(alone).map((runs) => ({
      runs,
      tasks: runs.map((_, task) => task),
      after: [...new Set(runs.flatMap(({ job }) => (job.forkFrom && active.get(job.forkFrom.runId)) ?? []))],
    })),
    ...[...groups.values()].map(({ corresponding, tasks }) => {
      const ascending = [...tasks].sort(([left], [right]) => left - right);
      return {
        runs: ascending.map(([, run]) => run),
        tasks: ascending.map(([task]) => task),
        corresponding,
        after: [],
      };
    }),
  ];
}

function inParts(runs: readonly TitledRun[]): readonly (readonly TitledRun[])[] {
  return Array.from({ length: Math.ceil(runs.length / largestArray) }, (_, part) =>
    runs.slice(part * largestArray, (part + 1) * largestArray),
  );
}

/** As `--array` reads them: `0-3,7`. */
export function taskRanges(tasks: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const task of tasks) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === task - 1) last.to = task;
    else ranges.push({ from: task, to: task });
  }
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
