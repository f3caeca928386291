/**
 * The batch script of a wave: task i of the array performs run i. When its time is nearly over or it is preempted, the run is told to save
 * a checkpoint; at its time limit it is then queued again. What holds for all tasks is asked of `sbatch` by its options.
 */
import { join } from 'node:path';
import type { SlurmSettings } from '../executor-settings.js';
import { jobCommand, ownCommand, shellWord } from '../jobs/job-command.js';
import { jobEnvironment } from '../jobs/job-environment.js';
import { jobsFolder } from '../jobs/job-file.js';
import { taskRanges } from './task-arrays.js';

export interface BatchArray {
  readonly store: string;
  readonly runIds: readonly string[];
  /** Number of each run's task; by default they count from 0. */
  readonly tasks?: readonly number[];
  /** Array whose task of the same number has to succeed before. */
  readonly corresponding?: string;
  /** Jobs that must have ended, well or not: a run finds out by itself whether the stages that it forks from are there. */
  readonly after: readonly string[];
  /** Where the tasks write what they print. */
  readonly logs: string;
  /** About how long the longest run takes, where that is known. */
  readonly secondsPerRun?: number;
}

export function batchScript(
  { store, runIds, tasks = runIds.map((_, task) => task) }: BatchArray,
  settings: SlurmSettings,
): string {
  const { setup, container, requeue } = settings;
  const command = jobCommand(settings.command ?? ownCommand(), '"$job"');
  const perform = container === undefined ? command : `${container} ${command}`;
  return [
    '#!/bin/bash',
    `runs=(${runIds.map((runId, index) => `[${tasks[index]}]=${runId}`).join(' ')})`,
    `job=${shellWord(jobsFolder(store))}/"\${runs[$SLURM_ARRAY_TASK_ID]}".json`,
    'performing=',
    'requeue=no',
    'stopping=no',
    'stop() { stopping=yes; if [ -n "$performing" ]; then kill -TERM "$performing" 2>/dev/null; fi; }',
    // The run hears it from here only: this signal means something else to node.
    "trap 'requeue=yes; stop' USR1",
    'trap stop TERM',
    // A site may keep the environment of sbatch from its jobs.
    ...jobEnvironment().map(([name, value]) => `export ${name}=${shellWord(value)}`),
    ...(setup === undefined ? [] : [setup.trimEnd()]),
    ...(isDistributed(settings)
      ? [...rendezvous(settings), `${distributed(settings)} ${perform} &`]
      : [`${perform} &`]),
    'performing=$!',
    'if [ "$stopping" = yes ]; then stop; fi',
    // A trapped signal ends `wait` early; once more tells the code of a process that ended meanwhile.
    'wait "$performing"; code=$?',
    'while kill -0 "$performing" 2>/dev/null; do wait "$performing"; code=$?; done',
    'wait "$performing" 2>/dev/null; last=$?',
    'if [ "$last" -ne 127 ]; then code=$last; fi',
    ...(requeue
      ? ['if [ "$requeue" = yes ] && [ "$code" -ne 0 ]; then scontrol requeue "$SLURM_JOB_ID" && sleep 60; fi']
      : []),
    'exit "$code"',
    '',
  ].join('\n');
}

const isDistributed = ({ devices, nodes }: SlurmSettings): boolean => devices > 1 || nodes > 1;

const ranksOf = ({ devices, nodes }: SlurmSettings): number => Math.max(devices, nodes);

/** What c10d reads from the environment; jobs on one node must not meet on one port. */
function rendezvous(settings: SlurmSettings): readonly string[] {
  return [
    // The script runs on the first node, as rank 0 will. Its address is the one that the nodes themselves use; names need not be known.
    `MASTER_ADDR=$(scontrol show node "$SLURMD_NODENAME" | sed -n 's/.*NodeAddr=\\([^ ]*\\).*/\\1/p')`,
    'MASTER_PORT=$((20000 + SLURM_JOB_ID % 20000))',
    `WORLD_SIZE=${ranksOf(settings)}`,
    'export MASTER_ADDR MASTER_PORT WORLD_SIZE',
  ];
}

function distributed(settings: SlurmSettings): string {
  const ranks = `'export RANK=$SLURM_PROCID LOCAL_RANK=$SLURM_LOCALID; exec "$@"'`;
  // From Slurm 22.05 on a step does not take the processors of a task from the job's options.
  const ranksAndProcessors = `--ntasks=${ranksOf(settings)} --cpus-per-task=${settings.processors}`;
  return `srun --kill-on-bad-exit=1 ${ranksAndProcessors} bash -c ${ranks} rank`;
}

/** Least time limit that is asked for, in minutes: starting and reading data take some time whatever the run. */
const leastMinutes = 10;

/** A run may take three times as long as it is estimated: nodes differ, and what is cut short goes on later. */
const allowance = 3;

export function sbatchOptions(array: BatchArray, settings: SlurmSettings): readonly string[] {
  const { partition, account, qos, nodes, devices, processors, memory, atOnce, requeue, options } = settings;
  const { runIds, tasks: numbers = runIds.map((_, task) => task), corresponding, after, logs } = array;
  const time = timeOf(array, settings);
  const tasks = isDistributed(settings) ? ranksOf(settings) : 1;
  const stated = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`];
  return [
    '--job-name=vlm-bench',
    `--array=${taskRanges(numbers)}${atOnce === undefined ? '' : `%${atOnce}`}`,
    // `%` begins a pattern there.
    `--output=${join(logs.replaceAll('%', '%%'), '%A_%a.txt')}`,
    // What an attempt before a requeue printed is kept.
    '--open-mode=append',
    `--nodes=${nodes}`,
    `--ntasks=${tasks}`,
    // Otherwise Slurm fills one node first, and the others have GPUs without a rank.
    ...(nodes === 1 ? [] : [`--ntasks-per-node=${tasks / nodes}`]),
    `--cpus-per-task=${processors}`,
    // Without it a job takes all of the memory of a node.
    `--mem=${memory}`,
    ...(devices === 0 ? [] : [`--gres=gpu:${devices / nodes}`]),
    ...stated('partition', partition),
    ...stated('account', account),
    ...stated('qos', qos),
    ...stated('time', time),
    ...(requeue ? ['--requeue', `--signal=B:USR1@${settings.warningSeconds}`] : ['--no-requeue']),
    ...(after.length === 0 ? [] : [`--dependency=afterany:${after.join(':')}`]),
    // What waits for a stage that failed would wait for ever.
    ...(corresponding === undefined ? [] : [`--dependency=aftercorr:${corresponding}`, '--kill-on-invalid-dep=yes']),
    ...options,
  ];
}

/** As sbatch reads it; undefined leaves it to the partition. */
export function timeOf(
  { secondsPerRun }: Pick<BatchArray, 'secondsPerRun'>,
  { timeLimit, warningSeconds }: Pick<SlurmSettings, 'timeLimit' | 'warningSeconds'>,
): string | undefined {
  if (timeLimit !== 'plan') return timeLimit;
  if (secondsPerRun === undefined) return undefined;
  const minutes = Math.ceil((allowance * secondsPerRun + warningSeconds) / 60);
  return String(Math.max(leastMinutes, minutes));
}
