/** Runs through a real Slurm of two nodes, with the stand-in trainer; skipped where Slurm is not installed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { type ExecutionEvent, executeRuns, type TitledJob } from '../../../harness/execution/execute-runs.js';
import { executorSettingsSchema, type SlurmSettings } from '../../../harness/execution/executor-settings.js';
import { localExecutor } from '../../../harness/execution/local/local-executor.js';
import { slurmExecutor } from '../../../harness/execution/slurm/slurm-executor.js';
import { prepareJobs } from '../../../harness/experiment/prepare-jobs.js';
import { readEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { referenceModel } from '../../../harness/run/reference-model.js';
import { isTorchAvailable } from '../../reference-model/backends.js';
import { tinyRun } from '../../reference-model/training/tiny-run.js';
import {
  fakeExecutor,
  fakeForkedJobs,
  fakeJobs,
  fakePlan,
  manualInterruption,
  temporaryFolder,
} from '../fake/fake-runs.js';
import { expectSameTraining } from '../fake/run-outcomes.js';
import { type SlurmCluster, slurmMissing, startSlurmCluster } from '../fake/slurm-cluster.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
const fakePerform = fileURLToPath(new URL('../fake/fake-perform.mjs', import.meta.url));
if (slurmMissing !== undefined) console.warn(`skipped: runs through Slurm (${slurmMissing})`);

const settingsOf = (own: Partial<SlurmSettings>): SlurmSettings => ({
  ...executorSettingsSchema.parse({}).slurm,
  memory: '200M',
  pollSeconds: 0.5,
  command: `'${process.execPath}' '${fakePerform}'`,
  ...own,
});

const bytesOf = (jobs: readonly TitledJob[]) =>
  jobs.map(({ job }) => {
    const { result, weights } = runPaths(job.store, job.runId);
    return [readFileSync(result, 'utf8'), readFileSync(weights, 'hex')];
  });

function execute(
  jobs: readonly TitledJob[],
  {
    settings = {},
    attach = false,
    onEvent,
  }: {
    settings?: Partial<SlurmSettings>;
    attach?: boolean;
    onEvent?: (index: number, event: ExecutionEvent) => void;
  } = {},
) {
  const interruption = manualInterruption();
  const { store } = jobs[0]!.job;
  const executor = slurmExecutor(settingsOf(settings), { store, interruption, attach });
  const told: string[] = [];
  const results = executeRuns(jobs, {
    executor,
    jobs: 1,
    interruption,
    onEvent: (index, event) => {
      if (event.type !== 'progress') told.push(`${event.type} ${index}`);
      onEvent?.(index, event);
    },
  });
  return { results, interruption, told };
}

const errorOf = (results: Promise<unknown>): Promise<UserError> =>
  results.then(
    () => Promise.reject(new Error('the runs succeeded')),
    (error: unknown) => (error instanceof UserError ? error : Promise.reject(error)),
  );

const submissions = ({ job }: TitledJob) =>
  readdirSync(join(job.store, 'jobs', 'slurm')).filter((name) => name.endsWith('.json'));

// Ten times what it takes on an idle machine.
describe.skipIf(slurmMissing !== undefined)('runs through Slurm', { timeout: 300_000 }, () => {
  let cluster: SlurmCluster;
  beforeAll(async () => {
    cluster = await startSlurmCluster();
    process.env.SLURM_CONF = cluster.configuration;
  });
  afterAll(async () => {
    await cluster?.stop();
    delete process.env.SLURM_CONF;
  });
  afterEach(() => {
    cluster.ask('scancel', '--user', 'root');
    for (const name of ['FAKE_CRASH_AT', 'FAKE_THROW_AT', 'FAKE_STEP_MS']) delete process.env[name];
  });
  const isRunning = (name: string) =>
    cluster.ask('squeue', '--noheader', '--states=RUNNING', '--format=%F').includes(name);

  test('go wave by wave, each run after its own stage, and end with the bytes of runs beside this process', async () => {
    // Of the third seed one run alone, so that the arrays are not of one size.
    const forked = async () => (await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2, 3] })).slice(0, -1);
    const beside = await forked();
    await executeRuns(beside, {
      executor: fakeExecutor(manualInterruption()),
      jobs: 2,
      interruption: manualInterruption(),
    });
    const jobs = await forked();
    const { results, told } = execute(jobs);
    expect(await results).toHaveLength(jobs.length);
    expect(bytesOf(jobs)).toEqual(bytesOf(beside));
    for (const [index, { after }] of jobs.entries()) {
      if (after !== undefined) expect(told.indexOf(`done ${index}`)).toBeGreaterThan(told.indexOf(`done ${after}`));
    }
    const scripts = readdirSync(join(jobs[0]!.job.store, 'jobs', 'slurm')).filter((name) => name.endsWith('.sh'));
    // One array of stages; of their runs one for the first of each stage and one for the second.
    expect(scripts.map((name) => name.replace(/.*-/, ''))).toEqual(['1.sh', '2.2.sh', '2.sh']);
    // Nothing is submitted for what has a result.
    expect(await execute(jobs).results).toHaveLength(jobs.length);
    expect(submissions(jobs[0]!)).toHaveLength(1);
  });

  test('go on when they are left, are not submitted twice, and are taken up again', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    process.env.FAKE_STEP_MS = '4';
    const left = execute(jobs, { onEvent: (_, { type }) => type === 'running' && left.interruption.requestStop() });
    const error = await errorOf(left.results);
    expect(error.exitCode).toBe(130);
    expect(error.message).toMatch(
      /^error: stopped on request; 0 of 4 runs are finished, and slurm goes on with the others\n/,
    );
    const again = execute(jobs, { attach: true });
    expect(await again.results).toHaveLength(4);
    expect(again.told.filter((event) => event.startsWith('done'))).toHaveLength(4);
    expect(submissions(jobs[0]!)).toHaveLength(1);
    for (const { job } of jobs) {
      const sessions = readEvents(runPaths(job.store, job.runId).events).filter(
        ({ type }) => type === 'session-started',
      );
      expect(sessions).toHaveLength(1);
    }
  });

  test('resume after they were preempted and queued again, and end with the same bytes', async () => {
    const whole = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    await executeRuns(whole, {
      executor: fakeExecutor(manualInterruption()),
      jobs: 2,
      interruption: manualInterruption(),
    });
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    process.env.FAKE_STEP_MS = '6';
    let urgent = false;
    const { results, told } = execute(jobs, {
      settings: { partition: 'patient', processors: 2 },
      onEvent: (_, event) => {
        if (event.type !== 'progress' || event.progress.type !== 'step' || event.progress.step < 60 || urgent) return;
        urgent = true;
        cluster.ask(
          'sbatch',
          '--partition=urgent',
          '--nodes=2',
          '--cpus-per-task=4',
          '--mem=100M',
          '--output=/dev/null',
          '--wrap',
          'sleep 1',
        );
      },
    });
    await results;
    expect(bytesOf(jobs)).toEqual(bytesOf(whole));
    const sessions = jobs.map(({ job }) =>
      readEvents(runPaths(job.store, job.runId).events).flatMap((event) =>
        event.type === 'session-started' ? [event.resumedFromStep] : [],
      ),
    );
    const resumed = sessions.filter(([first, second]) => first === 0 && (second ?? 0) > 0);
    expect(resumed.length).toBeGreaterThan(0);
    expect(told.filter((event) => event.startsWith('done'))).toHaveLength(4);
  });

  test('save a checkpoint when they are warned of their time limit, and are queued again', async () => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    process.env.FAKE_STEP_MS = '6';
    let warned = false;
    const { results, told } = execute([job!], {
      settings: { timeLimit: '1:00:00' },
      onEvent: (_, event) => {
        if (event.type !== 'progress' || event.progress.type !== 'step' || event.progress.step < 60 || warned) return;
        warned = true;
        // What `--signal=B:USR1@…` has Slurm do.
        cluster.ask('scancel', '--batch', '--signal=USR1', '--user', 'root');
      },
    });
    await results;
    const { store, runId } = job!.job;
    const resumedFrom = readEvents(runPaths(store, runId).events).flatMap((event) =>
      event.type === 'session-started' ? [event.resumedFromStep] : [],
    );
    expect(resumedFrom).toHaveLength(2);
    expect(resumedFrom[1]).toBeGreaterThanOrEqual(60);
    expect(told).toContain('queued 0');
  });

  test('that fail tell why, with the end of their log, and leave the others alone', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    process.env.FAKE_THROW_AT = '7';
    const broken = await errorOf(execute(jobs.slice(0, 1)).results);
    expect(broken.message).toMatch(
      /^error: the run causal, seed 1 failed on slurm \(job \d+_0.*exit code 1\): a bug in the fake trainer\n/,
    );
    expect(broken.message).toMatch(/\n {2}log: {6}error: a bug in the fake trainer\n/);
    delete process.env.FAKE_THROW_AT;
    process.env.FAKE_CRASH_AT = '9';
    const { results, told } = execute(jobs.slice(0, 2));
    const killed = await errorOf(results);
    expect(killed.message).toMatch(/^error: the run causal, seed 1 failed on slurm \(job \d+_0/);
    expect(told.filter((event) => event.startsWith('failed'))).toHaveLength(2);
    delete process.env.FAKE_CRASH_AT;
    expect(await execute(jobs).results).toHaveLength(4);
  });

  test('whose stages failed do not wait for ever', async () => {
    const jobs = await fakeForkedJobs(temporaryFolder());
    process.env.FAKE_THROW_AT = '7';
    const error = await errorOf(execute(jobs).results);
    expect(error.message).toMatch(/^error: the run shared stages align…joint, seed 1 failed on slurm/);
    const left = () => cluster.ask('squeue', '--noheader', '--states=PENDING,RUNNING', '--format=%F').trim();
    await expect.poll(left, { timeout: 120_000, interval: 1000 }).toBe('');
    delete process.env.FAKE_THROW_AT;
    expect(await execute(jobs).results).toHaveLength(jobs.length);
  });

  test('that take more memory than they asked for are said to be out of it', async () => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const eat = `'${process.execPath}' -e 'const all = []; setInterval(() => all.push(Buffer.alloc(5e7, 1)), 100)'`;
    const error = await errorOf(execute([job!], { settings: { memory: '150M', command: eat } }).results);
    expect(error.message).toMatch(/^error: the run causal, seed 1 failed on slurm \(job \d+_0.*out of memory/);
    expect(error.message).toContain('raise slurm.memory');
    expect(error.message).toMatch(/\n {2}log: /);
  });

  test('are cancelled with the command if that is asked for, and by hand', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    process.env.FAKE_STEP_MS = '50';
    const stopped = execute(jobs, {
      settings: { cancelOnStop: true },
      onEvent: (_, { type }) => type === 'running' && stopped.interruption.requestStop(),
    });
    expect((await errorOf(stopped.results)).message).toContain('the jobs of the others are cancelled');
    await expect.poll(() => cluster.ask('squeue', '--noheader'), { timeout: 20_000 }).toBe('');

    const { results } = execute(jobs.slice(0, 1), {
      onEvent: (_, { type }) => type === 'running' && cluster.ask('scancel', '--user', 'root'),
    });
    expect((await errorOf(results)).message).toMatch(/failed on slurm \(job \d+_0.*cancelled/);
  });

  test('refused by Slurm are one clear error, and nothing is left in the queue', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const { message } = await errorOf(execute(jobs, { settings: { partition: 'nowhere' } }).results);
    expect(message).toMatch(
      /^error: sbatch failed: .*[Ii]nvalid partition.*\n {2}fix: {6}correct the settings under slurm/,
    );
    expect(cluster.ask('squeue', '--noheader')).toBe('');
    expect(existsSync(join(jobs[0]!.job.store, 'runs'))).toBe(false);
  });

  test('of more than one device are started by srun with what c10d reads', async () => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const say = `bash -c 'echo "$RANK of $WORLD_SIZE, $LOCAL_RANK at $MASTER_ADDR:$MASTER_PORT"; exit 3'`;
    const error = await errorOf(execute([job!], { settings: { nodes: 2, command: say } }).results);
    expect(isRunning('any')).toBe(false);
    for (const rank of [0, 1]) {
      expect(error.message).toMatch(new RegExp(`log: {6}${rank} of 2, 0 at \\S+:2\\d{4}\\n`));
    }
  });

  test.skipIf(!isTorchAvailable)('of two ranks train one model, each on its node', async () => {
    const planned = async (): Promise<TitledJob> => {
      const runs = [{ title: 'two ranks', config: tinyRun() }];
      const store = temporaryFolder();
      const prepared = { store, engine: 'torch', machinery: referenceModel, parallel: 1 } as const;
      return (await prepareJobs(runs, prepared)).jobs[0]!;
    };
    const [divided, alone] = [await planned(), await planned()];
    const settings = { nodes: 2, devices: 0, memory: '1000M', command: `'${process.execPath}' '${cli}'` };
    expect(await execute([divided], { settings }).results).toHaveLength(1);
    await executeRuns([alone], {
      executor: localExecutor({ interruption: manualInterruption() }),
      jobs: 1,
      interruption: manualInterruption(),
    });
    expectSameTraining(divided, alone, 7);
  });

  test('of a suite lead to its report', async () => {
    const out = temporaryFolder();
    const args = ['reproduce', '--finding', '1', '--smoke', '--json', '--out', out, '--executor', 'slurm'];
    const settings = ['slurm.memory=1000M', 'slurm.pollSeconds=1'].flatMap((setting) => ['--set', setting]);
    const { exitCode, stdout, stderr } = await execaNode(cli, [...args, ...settings], {
      reject: false,
      nodeOptions: [],
      cwd: temporaryFolder(),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"inconclusive"');
    expect(existsSync(stderr.trimEnd().split('\n').at(-1)!)).toBe(true);
    expect(readdirSync(join(out, 'jobs', 'slurm', 'logs'))).toHaveLength(6);
  });
});
