/** What is asked of Slurm and what it answers, without one: the batch script under bash, the options of sbatch, the words of squeue. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TitledRun } from '../../../harness/execution/executor.js';
import { executorSettingsSchema, type SlurmSettings } from '../../../harness/execution/executor-settings.js';
import { batchScript, sbatchOptions, timeOf } from '../../../harness/execution/slurm/batch-script.js';
import { queueOfJson, queueOfText, reasonInLog } from '../../../harness/execution/slurm/queue.js';
import { taskArrays } from '../../../harness/execution/slurm/task-arrays.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const settingsOf = (own: Partial<SlurmSettings> = {}): SlurmSettings => ({
  ...executorSettingsSchema.parse({}).slurm,
  ...own,
});

/** Starts the script of task 1 with a stand-in for `vlm-bench perform`, which waits for a signal, and one for scontrol. */
async function started(perform: string, own: Partial<SlurmSettings> = {}) {
  const store = join(temporaryFolder(), "it's a store");
  mkdirSync(store);
  const bin = temporaryFolder();
  const at = (name: string) => join(bin, name);
  writeFileSync(at('scontrol'), `#!/bin/bash\necho "$@" >> '${at('scontrol.log')}'\nexit 1\n`);
  writeFileSync(at('perform'), `#!/bin/bash\necho "$2" > '${at('job')}'\n${perform}\n`);
  for (const name of ['scontrol', 'perform']) chmodSync(at(name), 0o755);
  const array = { store, runIds: ['first', 'second'], after: [], logs: store };
  const script = batchScript(array, settingsOf({ command: at('perform'), ...own }));
  writeFileSync(at('script'), script);
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    SLURM_ARRAY_TASK_ID: '1',
    SLURM_JOB_ID: '77',
  };
  const bash = spawn('bash', [at('script')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(bash, 'exit') as Promise<[number | null, string | null]>;
  let printed = '';
  for (const output of [bash.stdout, bash.stderr]) output.on('data', (text: Buffer) => (printed += text.toString()));
  await expect
    .poll(() => existsSync(at('job')) && readFileSync(at('job'), 'utf8') !== '', { timeout: 20_000 })
    .toBe(true);
  return {
    bash,
    ended,
    store,
    job: readFileSync(at('job'), 'utf8').trim(),
    printed: () => printed,
    requeued: () => (existsSync(at('scontrol.log')) ? readFileSync(at('scontrol.log'), 'utf8').trim() : ''),
  };
}

const untilTerm = `trap 'echo saved; exit 143' TERM\nwhile :; do sleep 0.05; done`;

describe('the batch script', () => {
  test('performs the run of its task and ends as it does', async () => {
    const { ended, job, store, requeued } = await started('exit 3', { setup: 'greeting=hello\n' });
    expect(await ended).toEqual([3, null]);
    expect(job).toBe(join(store, 'jobs', 'second.json'));
    expect(requeued()).toBe('');
  });

  test('has the run stop on SIGTERM, waits for it, and leaves queueing to Slurm', async () => {
    const { bash, ended, printed, requeued } = await started(untilTerm);
    bash.kill('SIGTERM');
    expect(await ended).toEqual([143, null]);
    expect(printed()).toContain('saved');
    expect(requeued()).toBe('');
  });

  test('has the run stop on SIGUSR1 and queues itself again', async () => {
    const { bash, ended, printed, requeued } = await started(untilTerm);
    bash.kill('SIGUSR1');
    expect(await ended).toEqual([143, null]);
    expect(printed()).toContain('saved');
    expect(requeued()).toBe('requeue 77');
  });

  test('does not where that is not wanted, or where the run was done', async () => {
    const unwanted = await started(untilTerm, { requeue: false });
    unwanted.bash.kill('SIGUSR1');
    await unwanted.ended;
    expect(unwanted.requeued()).toBe('');
    const done = await started(`trap 'exit 0' TERM\nwhile :; do sleep 0.05; done`);
    done.bash.kill('SIGUSR1');
    expect(await done.ended).toEqual([0, null]);
    expect(done.requeued()).toBe('');
  });
});

describe('the options of sbatch', () => {
  const array = { store: '/s', runIds: ['a', 'b', 'c'], after: ['12', '13_4'], logs: '/s/100%' };
  test('say what a run needs and what it waits for', () => {
    const settings = settingsOf({
      partition: 'gpu',
      account: 'us',
      devices: 2,
      memory: '8G',
      timeLimit: '4:00:00',
      atOnce: 2,
      options: ['--exclude=n7'],
    });
    expect(sbatchOptions(array, settings)).toEqual([
      '--job-name=vlm-bench',
      '--array=0-2%2',
      '--output=/s/100%%/%A_%a.txt',
      '--open-mode=append',
      '--nodes=1',
      '--ntasks=2',
      '--cpus-per-task=1',
      '--mem=8G',
      '--gres=gpu:2',
      '--partition=gpu',
      '--account=us',
      '--time=4:00:00',
      '--requeue',
      '--signal=B:USR1@120',
      '--dependency=afterany:12:13_4',
      '--exclude=n7',
    ]);
  });

  test('spread the ranks of a run evenly over its nodes, each with all of its processors', () => {
    const settings = settingsOf({ nodes: 2, devices: 8, processors: 6 });
    expect(sbatchOptions(array, settings)).toEqual(
      expect.arrayContaining(['--nodes=2', '--ntasks=8', '--ntasks-per-node=4', '--cpus-per-task=6', '--gres=gpu:4']),
    );
    expect(batchScript(array, settings)).toMatch(/^srun .*--ntasks=8 --cpus-per-task=6 bash -c /m);
  });

  test('let a run wait for the task of its own number alone', () => {
    const corresponding = { ...array, after: [], tasks: [0, 1, 4], corresponding: '12' };
    const options = sbatchOptions(corresponding, settingsOf());
    expect(options).toContain('--array=0-1,4');
    expect(options.filter((option) => /dep/.test(option))).toEqual([
      '--dependency=aftercorr:12',
      '--kill-on-invalid-dep=yes',
    ]);
    expect(batchScript(corresponding, settingsOf())).toContain('runs=([0]=a [1]=b [4]=c)\n');
  });

  test('take the time limit from the plan, with room, or leave it to the partition', () => {
    expect(timeOf({}, settingsOf())).toBeUndefined();
    expect(timeOf({ secondsPerRun: 5 }, settingsOf())).toBe('10');
    expect(timeOf({ secondsPerRun: 3600 }, settingsOf())).toBe('182');
    expect(timeOf({ secondsPerRun: 3600 }, settingsOf({ timeLimit: '1-00:00:00' }))).toBe('1-00:00:00');
  });
});

describe('the arrays of a wave', () => {
  const run = (runId: string, from?: string) =>
    ({ job: { runId, ...(from === undefined ? {} : { forkFrom: { runId: from, step: 1 } }) } }) as TitledRun;
  const shown = ({ runs, ...array }: ReturnType<typeof taskArrays>[number]) => ({
    ...array,
    runs: runs.map(({ job }) => job.runId),
  });

  test('are one where nothing waits, in parts where there are very many', () => {
    expect(taskArrays([run('a'), run('b')], new Map(), new Map()).map(shown)).toEqual([
      { runs: ['a', 'b'], tasks: [0, 1], after: [] },
    ]);
    const many = Array.from({ length: 2001 }, (_, index) => run(String(index)));
    expect(taskArrays(many, new Map(), new Map()).map(({ tasks }) => tasks.length)).toEqual([1000, 1000, 1]);
  });

  test('give a run the number of its own stage: the first of each stage in one array, the second in another', () => {
    const submitted = new Map([
      ['s0', '12_0'],
      ['s1', '12_1'],
      ['s2', '12_2'],
    ]);
    const wave = [run('b1', 's1'), run('a0', 's0'), run('b0', 's0'), run('a1', 's1'), run('a2', 's2'), run('free')];
    expect(taskArrays(wave, submitted, new Map()).map(shown)).toEqual([
      { runs: ['free'], tasks: [0], after: [] },
      { runs: ['a0', 'b1', 'a2'], tasks: [0, 1, 2], corresponding: '12', after: [] },
      { runs: ['b0', 'a1'], tasks: [0, 1], corresponding: '12', after: [] },
    ]);
  });

  test('wait for jobs of earlier submissions by their handles', () => {
    const active = new Map([['s0', '9_3']]);
    expect(taskArrays([run('a', 's0'), run('b', 's0')], new Map(), active).map(shown)).toEqual([
      { runs: ['a', 'b'], tasks: [0, 1], after: ['9_3'] },
    ]);
  });
});

describe('what squeue says', () => {
  const states = new Map([
    ['7_0', { type: 'running', detail: 'n1' }],
    ['7_1', { type: 'ended', succeeded: true }],
    ['7_2', { type: 'ended', succeeded: false, detail: 'exit code 3' }],
    ['7_3', { type: 'ended', succeeded: false, reason: 'out-of-memory', detail: 'signal 9' }],
    ['7_4', { type: 'queued', detail: 'Resources' }],
    ['7_5', { type: 'queued', detail: 'Resources' }],
    ['7_9', { type: 'queued', detail: 'Resources' }],
  ]);
  test('as text', () => {
    const text = [
      '7|0|RUNNING|0|n1|None|',
      '7|1|COMPLETED|0|n1|None|',
      '7|2|FAILED|768|n2|NonZeroExitCode|',
      '7|3|OUT_OF_MEMORY|9|n2|OutOfMemory|',
      ...[4, 5, 9].map((task) => `7|${task}|PENDING|0||Resources|`),
      '8|N/A|RUNNING|0|n1|None|',
      '',
    ].join('\n');
    expect(queueOfText(text)).toEqual(states);
  });

  test('as JSON, of 22.05 and of later versions', () => {
    const early = (task: number | null, state: string, code: number, more: object = {}) => ({
      job_id: 1,
      array_job_id: 7,
      array_task_id: task,
      array_task_string: '',
      job_state: state,
      state_reason: 'None',
      exit_code: code,
      nodes: 'n1',
      ...more,
    });
    const waiting = { array_task_string: '4-5,9%2', state_reason: 'Resources', nodes: '' };
    const jobs = [
      early(0, 'RUNNING', 0),
      early(1, 'COMPLETED', 0),
      early(2, 'FAILED', 768),
      early(3, 'OUT_OF_MEMORY', 9),
      early(null, 'PENDING', 0, waiting),
    ];
    expect(queueOfJson({ jobs })).toEqual(states);
    const set = (value: number | null) => ({ set: value !== null, infinite: false, number: value ?? 0 });
    const later = jobs.map((job) => ({
      ...job,
      array_job_id: set(7),
      array_task_id: set(job.array_task_id),
      job_state: [job.job_state],
      exit_code: {
        status: [],
        return_code: set(job.exit_code >> 8),
        signal: { id: set(job.exit_code & 127), name: '' },
      },
    }));
    expect(queueOfJson({ jobs: later })).toEqual(states);
    expect(() => queueOfJson({ jobs: [{ id: 1 }] })).toThrow();
  });

  test('never takes a state that it does not know for an end', () => {
    expect(queueOfText('7|0|SOMETHING_NEW|0||Why|')).toEqual(new Map([['7_0', { type: 'queued', detail: 'Why' }]]));
  });
});

test('what slurmstepd wrote tells the reason of a job that the queue has forgotten', () => {
  const said = (text: string) =>
    reasonInLog(['step 5', `slurmstepd: error: *** JOB 8 ON n1 CANCELLED AT 2026-11-29T17:39:19 ${text}***`]);
  expect(said('DUE TO TIME LIMIT ')).toBe('time-limit');
  expect(said('DUE TO PREEMPTION ')).toBe('preempted');
  expect(said('DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ')).toBe('node-failure');
  expect(said('')).toBe('cancelled');
  expect(reasonInLog(['slurmstepd: error: Detected 1 oom-kill event(s) in StepId=8.batch'])).toBe('out-of-memory');
  // A run may print such words itself.
  expect(reasonInLog(['a caption DUE TO TIME LIMIT'])).toBeUndefined();
});
