/**
 * What a scheduler of a cluster has to offer, and nothing of how runs are followed: `cluster-executor.ts` does that for all of them.
 */
import type { QueueState, TitledRun } from '../executor.js';

/** A job as the scheduler names it, such as `1234_5`: one run of the store. */
export type JobHandle = string;

export type JobState = QueueState | EndedJob;

export interface EndedJob {
  readonly type: 'ended';
  readonly succeeded: boolean;
  /** What the scheduler blames, other than the run itself. */
  readonly reason?: EndReason;
  /** In words, such as `exit code 3`. */
  readonly detail?: string;
}

export type EndReason = 'out-of-memory' | 'time-limit' | 'node-failure' | 'cancelled' | 'preempted' | 'not-started';

export interface SubmittedJob {
  readonly runId: string;
  readonly handle: JobHandle;
}

export interface Submission {
  /** Of lower-case letters, digits and hyphens; no other submission has it. */
  readonly name: string;
  readonly waves: readonly (readonly TitledRun[])[];
  /** Jobs of earlier submissions that are not done yet, by run: some of these may wait for them. */
  readonly active: ReadonlyMap<string, JobHandle>;
  /** To be told as soon as jobs are handed over. */
  readonly onSubmitted: (jobs: readonly SubmittedJob[]) => void;
}

export interface JobLog {
  /** Where it is to be found, in words for an error. */
  readonly where: string;
  /** The last lines, as far as they can be read. */
  readonly lines: readonly string[];
  /** What ended the job, where the scheduler wrote that into the log. */
  readonly reason?: EndReason;
}

export interface Scheduler {
  readonly name: 'slurm' | 'kubernetes';
  /** Longest pause between two looks, in seconds. */
  readonly pollSeconds: number;
  /** GPUs that each job asks for. */
  readonly gpus: number;
  /** @throws UserError when the scheduler refuses; what was handed over before, wave by wave, counts */
  submit(submission: Submission): Promise<void>;
  /**
   * @returns the state of each of the jobs that the scheduler still knows
   * @throws when it cannot be asked now; it is asked again
   */
  states(jobs: readonly JobHandle[]): Promise<ReadonlyMap<JobHandle, JobState>>;
  cancel(jobs: readonly JobHandle[]): Promise<void>;
  log(job: JobHandle): Promise<JobLog>;
  close(): Promise<void>;
}
