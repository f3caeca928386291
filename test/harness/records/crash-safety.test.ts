import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { execaNode } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import type { FromWorker } from '../../../harness/execution/local/messages.js';
import { listCheckpoints, verifyCheckpoint } from '../../../harness/records/checkpoints.js';
import { readEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { readFinishedRun } from '../../../harness/records/run-record.js';
import type { RunJob } from '../../../harness/run/run-job.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { fakeForkedJobs, fakeJobs, fakePlan, fakeWorker, temporaryFolder } from '../fake/fake-runs.js';

afterEach(() => {
  delete process.env.FAKE_STEP_MS;
  delete process.env.FAKE_TENSOR_MS;
  delete process.env.FAKE_SHARD_BYTES;
});

/**
 * Starts a run and kills its process so many milliseconds after it has told of anything, or lets it end.
 * @param since counts them from the first step that is trained, or from the first checkpoint of the attempt
 */
async function attempt(
  job: RunJob,
  killAfter?: number,
  since?: 'step' | 'checkpoint',
): Promise<FromWorker | undefined> {
  const subprocess = execaNode(fakeWorker, [], {
    ipc: true,
    serialization: 'json',
    nodeOptions: [],
    reject: false,
    buffer: false,
  });
  let answer: FromWorker | undefined;
  let armed = false;
  subprocess.on('message', (message: FromWorker) => {
    if (message.type !== 'progress') {
      answer = message;
      // It would wait for another run.
      subprocess.disconnect?.();
    }
    if (armed || killAfter === undefined) return;
    if (since !== undefined && !(message.type === 'progress' && message.progress.type === since)) return;
    armed = true;
    setTimeout(() => subprocess.kill('SIGKILL'), killAfter);
  });
  subprocess.send?.({ type: 'job', job });
  await subprocess;
  return answer;
}

const filesOf = ({ store, runId }: RunJob) => {
  const { result, weights, predictions } = runPaths(store, runId);
  return [result, weights, predictions].map((file) => readFileSync(file, 'hex'));
};

describe('a run that is killed', () => {
  test('at 20 random moments resumes each time and ends with the same bytes', async () => {
    const plan = fakePlan();
    const job = async () => (await fakeJobs(temporaryFolder(), plan))[1]!.job;
    const [whole, killed] = [await job(), await job()];
    expect((await attempt(whole))?.type).toBe('done');

    const stream = randomStream(7, 'moments of death');
    let resumed = 0;
    process.env.FAKE_STEP_MS = '1';
    // Every fifth time not before it got on, however slow the machine is.
    for (let death = 0; death < 20; death++) {
      await attempt(killed, stream.integer(40), death % 5 === 1 ? 'checkpoint' : undefined);
      if (listCheckpoints(runPaths(killed.store, killed.runId).checkpoints).length > 0) resumed++;
    }
    delete process.env.FAKE_STEP_MS;
    expect((await attempt(killed))?.type).toBe('done');
    expect(filesOf(killed)).toEqual(filesOf(whole));
    expect(resumed).toBeGreaterThan(0);
    const steps = readEvents(runPaths(killed.store, killed.runId).events).flatMap((event) =>
      event.type === 'step' ? [event.step] : [],
    );
    const total = plan.runs[1]!.config.recipe.stages.reduce((sum, stage) => sum + stage.steps, 0);
    expect(steps).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  test('while it begins with the steps of another, or after that, ends with the bytes of one that shares nothing', async () => {
    const [whole] = await fakeForkedJobs(temporaryFolder(), { alone: true });
    expect((await attempt(whole!.job))?.type).toBe('done');
    const [shared, forked] = await fakeForkedJobs(temporaryFolder());
    expect((await attempt(shared!.job))?.type).toBe('done');

    const stream = randomStream(11, 'moments of death');
    process.env.FAKE_STEP_MS = '2';
    // Every other time not before the copy is complete, however long the disk takes for it.
    for (let death = 0; death < 12; death++) {
      await attempt(forked!.job, stream.integer(150), death % 2 === 0 ? undefined : 'step');
    }
    delete process.env.FAKE_STEP_MS;
    expect((await attempt(forked!.job))?.type).toBe('done');
    expect(filesOf(forked!.job)).toEqual(filesOf(whole!.job));
    const events = readEvents(runPaths(forked!.job.store, forked!.job.runId).events);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    expect(steps).toEqual(Array.from({ length: 900 }, (_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'forked')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'session-started').length).toBeGreaterThan(1);
  });

  test('while it writes the shards of a checkpoint loses nothing that it had, and leaves no part of one', async () => {
    const plan = fakePlan();
    const job = async () => (await fakeJobs(temporaryFolder(), plan))[1]!.job;
    const [whole, killed] = [await job(), await job()];
    expect((await attempt(whole))?.type).toBe('done');

    const { checkpoints } = runPaths(killed.store, killed.runId);
    const stream = randomStream(13, 'moments of death');
    let halfWritten = 0;
    let kept = 0;
    // Eight shards of three milliseconds for every fifty steps of microseconds: nearly all the time goes into writing.
    process.env.FAKE_TENSOR_MS = '3';
    process.env.FAKE_SHARD_BYTES = '4';
    for (let death = 0; death < 15; death++) {
      await attempt(killed, stream.integer(120));
      const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
      if (names.some((name) => name.startsWith('.tmp-'))) halfWritten++;
      for (const checkpoint of listCheckpoints(checkpoints)) verifyCheckpoint(checkpoint, killed.runId);
      const newest = listCheckpoints(checkpoints)[0]?.step ?? 0;
      expect(newest).toBeGreaterThanOrEqual(kept);
      kept = newest;
    }
    delete process.env.FAKE_TENSOR_MS;
    expect(halfWritten).toBeGreaterThan(3);
    expect((await attempt(killed))?.type).toBe('done');
    expect(filesOf(killed)).toEqual(filesOf(whole));
    expect(readdirSync(checkpoints).every((name) => name.startsWith('step-'))).toBe(true);
    expect(listCheckpoints(checkpoints)).toHaveLength(2);
  });

  test('while another process waits for it is finished by that one', async () => {
    const { job } = (await fakeJobs(temporaryFolder(), fakePlan()))[0]!;
    const [, second] = await Promise.all([attempt(job, 20), attempt(job)]);
    expect(second?.type).toBe('done');
  });
});

test('two processes on one run do the work once and agree', async () => {
  const { job } = (await fakeJobs(temporaryFolder(), fakePlan()))[0]!;
  const [first, second] = await Promise.all([attempt(job), attempt(job)]);
  expect(first?.type).toBe('done');
  expect(second).toEqual(first);
  const { events } = readFinishedRun(job.store, job.runId);
  expect(events.filter(({ type }) => type === 'session-started')).toHaveLength(1);
});
