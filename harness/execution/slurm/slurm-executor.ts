/** Performs runs through Slurm: job arrays for each wave, asked for with `sbatch`, followed with `squeue`, ended with `scancel`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { UserError } from '../../errors.js';
import { clusterExecutor } from '../cluster/cluster-executor.js';
import { lastLines } from '../cluster/last-lines.js';
import type { JobHandle, JobState, Scheduler, Submission, SubmittedJob } from '../cluster/scheduler.js';
import { submissionsFolder } from '../cluster/submissions.js';
import type { Executor, StartOptions } from '../executor.js';
import type { SlurmSettings } from '../executor-settings.js';
import { batchScript, sbatchOptions } from './batch-script.js';
import { queueFormat, queueOfJson, queueOfText, reasonInLog } from './queue.js';
import { type TaskArray, taskArrays } from './task-arrays.js';

export function slurmExecutor(
  settings: SlurmSettings,
  { store, interruption, attach = false, secondsPerRun }: StartOptions,
): Executor {
  const folder = submissionsFolder(store, 'slurm');
  const logs = join(folder, 'logs');
  let queue: ((jobs: readonly JobHandle[]) => Promise<ReadonlyMap<JobHandle, JobState>>) | undefined;

  const submitArray = async ({ runs, ...tasks }: TaskArray, name: string): Promise<string> => {
    const runIds = runs.map(({ job }) => job.runId);
    const array = { ...tasks, store, runIds, logs, ...(secondsPerRun === undefined ? {} : { secondsPerRun }) };
    mkdirSync(logs, { recursive: true });
    const script = join(folder, `${name}.sh`);
    writeFileAtomically(script, batchScript(array, settings));
    const printed = await slurm('sbatch', ['--parsable', ...sbatchOptions(array, settings), script]);
    // `ID` or `ID;CLUSTER`, behind whatever a site's plug-in prints.
    const [, id] = /^(\d+)(?:;.*)?$/m.exec(printed) ?? [];
    if (id === undefined) throw refusal('sbatch', `it printed no job id but ${JSON.stringify(printed.slice(0, 200))}`);
    return id;
  };

  const scheduler: Scheduler = {
    name: 'slurm',
    pollSeconds: settings.pollSeconds,
    gpus: settings.devices,
    submit: async ({ name, waves, active, onSubmitted }: Submission) => {
      const jobs = new Map<string, JobHandle>();
      for (const [wave, runs] of waves.entries()) {
        for (const [part, array] of taskArrays(runs, jobs, active).entries()) {
          const id = await submitArray(array, `${name}-${wave + 1}${part === 0 ? '' : `.${part + 1}`}`);
          const handed = array.runs.map(
            ({ job }, index): SubmittedJob => ({ runId: job.runId, handle: `${id}_${array.tasks[index]}` }),
          );
          for (const { runId, handle } of handed) jobs.set(runId, handle);
          onSubmitted(handed);
        }
      }
    },
    states: async (handles) => {
      queue ??= await queueOf();
      return queue(handles);
    },
    cancel: async (handles) => {
      await slurm('scancel', [...handles]);
    },
    log: async (handle) => {
      const where = join(logs, `${handle}.txt`);
      const lines = lastLines(where);
      const reason = reasonInLog(lines);
      return { where, lines, ...(reason === undefined ? {} : { reason }) };
    },
    close: async () => {},
  };
  return clusterExecutor(scheduler, { store, interruption, attach, cancelOnStop: settings.cancelOnStop });
}

/** How this version of `squeue` is asked. */
async function queueOf(): Promise<(jobs: readonly JobHandle[]) => Promise<ReadonlyMap<JobHandle, JobState>>> {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(await slurm('squeue', ['--version'])) ?? [];
  const knowsFilteredJson = Number(major) * 100 + Number(minor) >= 2302;
  const ask = async (jobs: readonly JobHandle[], options: readonly string[]): Promise<string> => {
    const arrays = [...new Set(jobs.map((job) => job.split('_')[0]))];
    try {
      return await slurm('squeue', [`--jobs=${arrays.join(',')}`, '--states=all', ...options]);
    } catch (error) {
      // Said when it has forgotten all of them.
      if (error instanceof UserError && /Invalid job id/i.test(error.message)) return '';
      throw error;
    }
  };
  const asText = async (jobs: readonly JobHandle[]) =>
    queueOfText(await ask(jobs, ['--noheader', '--array', `--Format=${queueFormat}`]));
  if (!knowsFilteredJson) return asText;
  return async (jobs) => {
    const printed = await ask(jobs, ['--json']);
    if (printed === '') return new Map();
    try {
      return queueOfJson(JSON.parse(printed));
    } catch {
      return asText(jobs);
    }
  };
}

/** @returns what it prints @throws UserError `not-available` where there is no Slurm, `run-failed` for what it refuses */
async function slurm(command: 'sbatch' | 'squeue' | 'scancel', args: readonly string[]): Promise<string> {
  const { failed, stdout, stderr, code, shortMessage } = await execa(command, args, {
    reject: false,
    stdin: 'ignore',
    // It answers in the language that its words are looked for in.
    env: { LC_ALL: 'C' },
  });
  if (!failed) return stdout;
  if (code === 'ENOENT') {
    throw new UserError({
      code: 'not-available',
      what: `there is no ${command} on this machine`,
      expected: 'the commands of Slurm on the path',
      fix: 'run this where Slurm is, such as a login node of the cluster, or choose another --executor',
    });
  }
  const said = stderr.trim().split('\n').at(-1) || String(shortMessage);
  throw refusal(command, said.replace(/^\w+: (?:error: |fatal: )?/, ''));
}

function refusal(command: string, said: string): UserError {
  const what = `${command} failed: ${said}`;
  const fix = 'correct the settings under slurm (vlm-bench.config.yaml or --set), or ask those who run the cluster';
  return new UserError({ code: 'run-failed', what, fix });
}
