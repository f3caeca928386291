/**
 * What `squeue` says of jobs, as text and as JSON. Text is asked for in fields of our own, which all versions know; JSON keeps to the jobs
 * that were asked for only from version 23.02 on (22.05 prints the whole cluster), and versions differ in how they write it.
 */
import { z } from 'zod';
import type { EndReason, JobHandle, JobState } from '../cluster/scheduler.js';

/** Fields for `squeue --Format`, each ended by a bar. */
export const queueFormat = ['ArrayJobID', 'ArrayTaskID', 'State', 'exit_code', 'NodeList', 'Reason']
  .map((field) => `${field}:|`)
  .join(',');

/** @param text of `squeue --noheader --array --Format=<queueFormat>` */
export function queueOfText(text: string): ReadonlyMap<JobHandle, JobState> {
  const states = new Map<JobHandle, JobState>();
  for (const line of text.split('\n')) {
    const [job, task, state, code, nodes, reason] = line.split('|').map((field) => field.trim());
    if (!/^\d+$/.test(task ?? '') || state === undefined) continue;
    states.set(`${job}_${task}`, stateOf({ state, code: Number(code), nodes: nodes ?? '', reason: reason ?? '' }));
  }
  return states;
}

/** A number is written plainly, or with whether it is set. */
const number = z
  .union([z.number(), z.null(), z.looseObject({ set: z.boolean(), number: z.number() })])
  .transform((value) => (typeof value === 'object' ? (value?.set === true ? value.number : undefined) : value));
const exitCode = z
  .union([z.number(), z.looseObject({ return_code: number, signal: z.looseObject({ id: number }).optional() })])
  .transform((value) =>
    typeof value === 'number' ? value : ((value.return_code ?? 0) << 8) | (value.signal?.id ?? 0),
  );
const jobsSchema = z.looseObject({
  jobs: z.array(
    z.looseObject({
      array_job_id: number,
      array_task_id: number,
      array_task_string: z.string().nullish(),
      job_state: z.union([z.string().transform((state) => [state]), z.array(z.string())]),
      state_reason: z.string().nullish(),
      exit_code: exitCode,
      nodes: z.string().nullish(),
    }),
  ),
});

/** @param document of `squeue --json` @throws when it is of a shape that is not known here */
export function queueOfJson(document: unknown): ReadonlyMap<JobHandle, JobState> {
  const states = new Map<JobHandle, JobState>();
  for (const job of jobsSchema.parse(document).jobs) {
    // Flags such as COMPLETING stand behind the state.
    const state = job.job_state.includes('COMPLETING') ? 'COMPLETING' : (job.job_state[0] ?? '');
    const said = { state, code: job.exit_code, nodes: job.nodes ?? '', reason: job.state_reason ?? '' };
    const tasks = job.array_task_id === undefined ? tasksOf(job.array_task_string ?? '') : [job.array_task_id];
    for (const task of tasks) states.set(`${job.array_job_id}_${task}`, stateOf(said));
  }
  return states;
}

/** `0-3,7%2` are tasks 0 to 3 and 7. */
function tasksOf(text: string): readonly number[] {
  return text
    .replace(/%\d+$/, '')
    .split(',')
    .flatMap((range) => {
      const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
      if (from === undefined) return [];
      return Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, index) => Number(from) + index);
    });
}

interface Said {
  readonly state: string;
  /** As `wait` gives it: the exit code in the upper byte, a signal in the lower one. */
  readonly code: number;
  readonly nodes: string;
  readonly reason: string;
}

const endReasons: Readonly<Record<string, EndReason>> = {
  OUT_OF_MEMORY: 'out-of-memory',
  TIMEOUT: 'time-limit',
  DEADLINE: 'time-limit',
  NODE_FAIL: 'node-failure',
  CANCELLED: 'cancelled',
  REVOKED: 'cancelled',
  PREEMPTED: 'preempted',
  BOOT_FAIL: 'not-started',
};

function stateOf({ state, code, nodes, reason }: Said): JobState {
  switch (state) {
    case 'COMPLETED':
      return { type: 'ended', succeeded: true };
    case 'RUNNING':
    case 'COMPLETING':
    case 'SUSPENDED':
    case 'STOPPED':
    case 'SIGNALING':
    case 'STAGE_OUT':
    case 'RESIZING':
      return { type: 'running', detail: nodes };
    case 'FAILED':
    case 'OUT_OF_MEMORY':
    case 'TIMEOUT':
    case 'DEADLINE':
    case 'NODE_FAIL':
    case 'CANCELLED':
    case 'REVOKED':
    case 'PREEMPTED':
    case 'BOOT_FAIL': {
      const blamed =
        endReasons[state] ?? (reason === 'RaisedSignal:53(Real-time_signal_19)' ? 'not-started' : undefined);
      const detail = detailOf(code);
      return {
        type: 'ended',
        succeeded: false,
        ...(blamed === undefined ? {} : { reason: blamed }),
        ...(detail === undefined ? {} : { detail }),
      };
    }
    default:
      // PENDING, CONFIGURING, REQUEUED, held ones, and what later versions add: it has not ended.
      return { type: 'queued', detail: reason === 'None' ? '' : reason };
  }
}

function detailOf(code: number): string | undefined {
  if (!Number.isInteger(code) || code === 0) return undefined;
  const signal = code & 0x7f;
  return signal > 0 ? `signal ${signal}` : `exit code ${code >> 8}`;
}

/** What slurmstepd writes into the log of a job that it ends. */
const traces: readonly (readonly [RegExp, EndReason])[] = [
  [/oom[-_ ]kill|exceeded (?:job |step )?memory limit/i, 'out-of-memory'],
  [/DUE TO TIME LIMIT/, 'time-limit'],
  [/DUE TO NODE FAILURE/i, 'node-failure'],
  [/DUE TO PREEMPTION/, 'preempted'],
  [/\*\*\* JOB \d+ ON \S+ CANCELLED AT/, 'cancelled'],
];

/** For a job that the queue has forgotten. */
export function reasonInLog(lines: readonly string[]): EndReason | undefined {
  for (const line of lines.toReversed()) {
    const found = traces.find(([trace]) => /^(?:slurmstepd|srun)/.test(line) && trace.test(line));
    if (found !== undefined) return found[1];
  }
  return undefined;
}
