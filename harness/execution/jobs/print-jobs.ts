/**
 * The commands of the runs that have no result yet, for a scheduler that this package does not know: each with those that must have
 * succeeded before it. As text they are a shell script that performs them one after the other.
 */
import { logLines } from '../../log-text.js';
import { runPaths } from '../../records/run-paths.js';
import { readFinishedResult } from '../../records/run-record.js';
import { neededJobs, type TitledJob } from '../execute-runs.js';
import { runWaves } from '../run-waves.js';
import { jobCommand, ownCommand, shellWord } from './job-command.js';
import { jobEnvironment } from './job-environment.js';
import { writeJobFile } from './job-file.js';

export interface PrintedJob {
  readonly id: string;
  readonly title: string;
  /** 0 for what can start at once; each wave needs only what stands in those before it. */
  readonly wave: number;
  /** Ids of the jobs that must have succeeded. */
  readonly after: readonly string[];
  readonly command: string;
}

/** Writes the job files and returns the jobs in an order in which they can be performed. */
export function printableJobs(titledJobs: readonly TitledJob[], command: string = ownCommand()): readonly PrintedJob[] {
  const isFinished = titledJobs.map(({ job }) => readFinishedResult(runPaths(job.store, job.runId)) !== undefined);
  const needed = neededJobs(titledJobs, (index) => isFinished[index]!);
  const runs = titledJobs.filter((_, index) => needed.has(index) && !isFinished[index]);
  const settings = jobEnvironment().map(([name, value]) => `${name}=${shellWord(value)} `);
  const ids = new Set(runs.map(({ job }) => job.runId));
  return runWaves(runs).flatMap((wave, number) =>
    wave.map((run): PrintedJob => {
      const { runId, forkFrom } = run.job;
      return {
        id: runId,
        title: run.title,
        wave: number,
        after: forkFrom !== undefined && ids.has(forkFrom.runId) ? [forkFrom.runId] : [],
        command: `${settings.join('')}${jobCommand(command, shellWord(writeJobFile(run)))}`,
      };
    }),
  );
}

/**
 * A shell script; what each command waits for stands in the comment above it.
 * @param closing what is to be done afterwards, as comments at its end
 */
export function jobsText(jobs: readonly PrintedJob[], closing: readonly string[] = []): string {
  return logLines([
    'set -e',
    ...jobs.flatMap(({ id, title, wave, after, command }) => [
      `# ${id}, wave ${wave + 1}${after.length === 0 ? '' : `, after ${after.join(' ')}`}: ${title}`,
      command,
    ]),
    ...closing.map((line) => `# ${line}`),
  ]);
}
