import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { type ExecutionEvent, executeRuns, type TitledJob } from '../../../harness/execution/execute-runs.js';
import { readEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import {
  fakeExecutor,
  fakeForkedJobs,
  fakeJobs,
  fakePlan,
  manualInterruption,
  temporaryFolder,
} from '../fake/fake-runs.js';

afterEach(() => {
  for (const name of ['FAKE_CRASH_AT', 'FAKE_THROW_AT', 'FAKE_STEP_MS', 'FAKE_SAY_PROCESS']) delete process.env[name];
});

const bytesOf = (jobs: readonly TitledJob[]) =>
  jobs.map(({ job }) => {
    const { result, weights } = runPaths(job.store, job.runId);
    return [readFileSync(result, 'utf8'), readFileSync(weights, 'hex')];
  });

const execute = (
  titledJobs: readonly TitledJob[],
  jobs = 2,
  onEvent?: (index: number, event: ExecutionEvent) => void,
) => {
  const interruption = manualInterruption();
  const results = executeRuns(titledJobs, {
    executor: fakeExecutor(interruption),
    jobs,
    interruption,
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  return { results, interruption };
};

describe('runs in processes beside this one', () => {
  test('end with the same bytes one at a time and two at a time', async () => {
    const plan = fakePlan({ smoke: true });
    const alone = await fakeJobs(temporaryFolder(), plan, 1);
    const together = await fakeJobs(temporaryFolder(), plan, 2);
    await execute(alone, 1).results;
    await execute(together, 2).results;
    expect(bytesOf(together)).toEqual(bytesOf(alone));
  });

  test('are read back and not repeated when they are finished', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    const first = await execute(jobs).results;
    const types: string[] = [];
    const second = await execute(jobs, 2, (_, { type }) => types.push(type)).results;
    expect(second).toEqual(first);
    expect(types).toEqual(['from-record', 'from-record', 'from-record', 'from-record']);
  });

  test('share processes, as many as run at the same time, and each has its own log', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    process.env.FAKE_SAY_PROCESS = '1';
    await execute(jobs, 1).results;
    const logs = jobs.map(({ job }) => readFileSync(runPaths(job.store, job.runId).log, 'utf8'));
    const [first] = /\d+$/m.exec(logs[0]!)!;
    expect(logs).toEqual(jobs.map(({ job }) => `seed ${job.identity.config.seed} in process ${first}\n`));
    expect(Number(first)).not.toBe(process.pid);
    // It is gone with the last run.
    expect(() => process.kill(Number(first), 0)).toThrow('ESRCH');
  });

  test('go on in a new process after one that was stopped', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    process.env.FAKE_SAY_PROCESS = '1';
    process.env.FAKE_STEP_MS = '2';
    const stopped = execute(jobs, 1, (_, { type }) => type === 'progress' && stopped.interruption.requestStop());
    await expect(stopped.results).rejects.toThrow('stopped on request; 0 of 4 runs are finished');
    await execute(jobs, 1).results;
    const processes = readFileSync(runPaths(jobs[0]!.job.store, jobs[0]!.job.runId).log, 'utf8').match(/\d+$/gm);
    expect(new Set(processes).size).toBe(2);
  });

  test('stop on request, say how to go on, and resume to the same bytes', async () => {
    const plan = fakePlan({ seeds: 2 });
    const whole = await fakeJobs(temporaryFolder(), plan);
    await execute(whole).results;

    const jobs = await fakeJobs(temporaryFolder(), plan);
    process.env.FAKE_STEP_MS = '1';
    let steps = 0;
    const { results, interruption } = execute(jobs, 2, (_, event) => {
      if (event.type === 'progress' && event.progress.type === 'step' && ++steps === 150) interruption.requestStop();
    });
    const error = await results.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exitCode).toBe(130);
    expect((error as UserError).message).toBe(
      [
        'error: stopped on request; 0 of 4 runs are finished',
        '  fix:      run the same command again: finished runs are read back and unfinished ones resume from their last checkpoint',
      ].join('\n'),
    );
    delete process.env.FAKE_STEP_MS;
    await execute(jobs).results;
    expect(bytesOf(jobs)).toEqual(bytesOf(whole));
    const { job } = jobs[0]!;
    const sessions = readEvents(runPaths(job.store, job.runId).events).filter(({ type }) => type === 'session-started');
    expect(sessions).toHaveLength(2);
  });

  test('leave one clear error when a process is killed, and start nothing new', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 3 }));
    process.env.FAKE_CRASH_AT = '120';
    const { runId, store } = jobs[0]!.job;
    await expect(execute(jobs, 1).results).rejects.toThrow(
      [
        'error: the run causal, seed 1 crashed after step 120 (signal SIGKILL)',
        `  where:    run ${runId}`,
        `  fix:      read ${runPaths(store, runId).log}; running the command again resumes the run from its last checkpoint; if memory ran out, take fewer --jobs`,
      ].join('\n'),
    );
    expect(readdirSync(join(store, 'runs'))).toEqual([runId]);
  });

  test('are not said to have crashed by what an earlier attempt logged', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    process.env.FAKE_THROW_AT = '7';
    await expect(execute(jobs, 1).results).rejects.toThrow('a bug in the fake trainer');
    delete process.env.FAKE_THROW_AT;
    process.env.FAKE_CRASH_AT = '9';
    await expect(execute(jobs, 1).results).rejects.toThrow('crashed after step 9 (signal SIGKILL)\n');
  });

  test('end by a stop request that comes with the last of them, too', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    let done = 0;
    const { results, interruption } = execute(jobs, 1, (_, { type }) => {
      if (type === 'done' && ++done === jobs.length) interruption.requestStop();
    });
    await expect(results).rejects.toThrow('stopped on request; 4 of 4 runs are finished');
  });

  test('keep the stack trace of a bug in their log', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    process.env.FAKE_THROW_AT = '7';
    await expect(execute(jobs, 1).results).rejects.toThrow(
      'crashed after step 7 (exit code 1): a bug in the fake trainer',
    );
    const { log } = runPaths(jobs[0]!.job.store, jobs[0]!.job.runId);
    expect(readFileSync(log, 'utf8')).toContain('TypeError: a bug in the fake trainer');
  });

  test('end at once when killed, and can be resumed', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    process.env.FAKE_STEP_MS = '5';
    let steps = 0;
    const { results, interruption } = execute(jobs, 1, (_, event) => {
      if (event.type !== 'progress' || event.progress.type !== 'step' || ++steps !== 60) return;
      interruption.requestStop();
      interruption.requestKill();
    });
    await expect(results).rejects.toThrow('stopped on request');
    delete process.env.FAKE_STEP_MS;
    await execute(jobs).results;
    expect(existsSync(runPaths(jobs[0]!.job.store, jobs[0]!.job.runId).result)).toBe(true);
  });
});

describe('runs that share stages', () => {
  test('wait for them, and end with the bytes of runs that share nothing', async () => {
    const alone = await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2], alone: true });
    await execute(alone, 2).results;
    const jobs = await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2] });
    const order: string[] = [];
    await execute(jobs, 2, (index, { type }) => type !== 'progress' && order.push(`${type} ${index}`)).results;
    for (const [index, { after }] of jobs.entries()) {
      if (after === undefined) continue;
      expect(order.indexOf(`started ${index}`)).toBeGreaterThan(order.indexOf(`done ${after}`));
    }
    expect(order).toHaveLength(2 * jobs.length);
    expect(bytesOf(jobs.filter(({ after }) => after !== undefined))).toEqual(bytesOf(alone));
  });

  test('are read back without the shared stages, which are not trained again when all that need them are finished', async () => {
    const jobs = await fakeForkedJobs(temporaryFolder());
    const first = await execute(jobs).results;
    const { folder } = runPaths(jobs[0]!.job.store, jobs[0]!.job.runId);
    rmSync(folder, { recursive: true });
    const types: string[] = [];
    const second = await execute(jobs, 2, (index, { type }) => types.push(`${type} ${index}`)).results;
    expect(types).toEqual(['from-record 1', 'from-record 2']);
    expect(second).toEqual([undefined, ...first.slice(1)]);
    expect(existsSync(folder)).toBe(false);

    rmSync(runPaths(jobs[2]!.job.store, jobs[2]!.job.runId).folder, { recursive: true });
    const third: string[] = [];
    expect(
      await execute(jobs, 2, (index, { type }) => type !== 'progress' && third.push(`${type} ${index}`)).results,
    ).toEqual(first);
    expect(third).toEqual(['from-record 1', 'started 0', 'done 0', 'started 2', 'done 2']);
  });

  test('do not start when these fail, which is named', async () => {
    const jobs = await fakeForkedJobs(temporaryFolder());
    process.env.FAKE_CRASH_AT = '120';
    const started: number[] = [];
    await expect(
      execute(jobs, 2, (index, { type }) => type === 'started' && started.push(index)).results,
    ).rejects.toThrow('error: the run shared stages align…joint, seed 1 crashed after step 120 (signal SIGKILL)');
    expect(started).toEqual([0]);
    delete process.env.FAKE_CRASH_AT;
    expect(await execute(jobs).results).toHaveLength(3);
  });

  test('stop while they wait', async () => {
    const jobs = await fakeForkedJobs(temporaryFolder());
    process.env.FAKE_STEP_MS = '1';
    const { results, interruption } = execute(
      jobs,
      2,
      (_, { type }) => type === 'progress' && interruption.requestStop(),
    );
    await expect(results).rejects.toThrow('stopped on request; 0 of 3 runs are finished');
  });
});
