/** What ranks owe each other around a training: its end, and what each met in it. The group is a stand-in that a test speaks for. */
import { expect, test } from 'vitest';
import { readEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { performRun } from '../../../harness/run/perform-run.js';
import type { RankOrder } from '../../../harness/run/rank-orders.js';
import { ALONE, type LedRanks, RankError } from '../../../reference-model/ranks/ranks.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

/** Rank 1 of two. */
function follower(nextOrder: () => Promise<RankOrder>): LedRanks {
  return { ...ALONE, rank: 1, count: 2, announce: () => {}, nextOrder, fail: () => {}, leave: () => {} };
}

async function follow(
  nextOrder: (job: Extract<RankOrder, { type: 'run' }>) => Promise<RankOrder>,
  signal: AbortSignal,
) {
  const [titled] = await fakeJobs(temporaryFolder(), fakePlan());
  const { job } = titled!;
  const ranks = follower(() => nextOrder({ type: 'run', job }));
  const machinery = { ...fakeMachinery, joinRanks: async () => ranks };
  return performRun(job, { machinery, onProgress: () => {}, signal });
}

test('a rank that is asked to stop ends after rank 0 has saved, since launchers end all ranks with the first', async () => {
  let tell: (order: RankOrder) => void = () => {};
  const told = new Promise<RankOrder>((resolve) => {
    tell = resolve;
  });
  let orders = 0;
  let hasEnded = false;
  const ended = follow(async (run) => (orders++ === 0 ? run : told), AbortSignal.abort()).catch((error) => {
    hasEnded = true;
    return error;
  });
  await expect.poll(() => orders, { timeout: 20_000 }).toBe(2);
  expect(hasEnded).toBe(false);
  tell({ type: 'stopped' });
  expect((await ended).name).toBe('TrainingInterrupted');
});

test('of a rank 0 that failed while it saved it tells why', async () => {
  let orders = 0;
  const failed = new RankError(0, { what: 'no space is left', fix: 'make room' });
  const nextOrder = async (run: RankOrder): Promise<RankOrder> => {
    if (orders++ === 0) return run;
    throw failed;
  };
  await expect(follow(nextOrder, AbortSignal.abort())).rejects.toBe(failed);
});

test('a rank 0 that ends without a result is not said to have finished', async () => {
  const { signal } = new AbortController();
  await expect(follow(async () => ({ type: 'end' }), signal)).rejects.toThrow(
    /rank 0 ended before the run had a result/,
  );
  await expect(follow(async () => ({ type: 'done', runId: 'x' }), signal)).rejects.toThrow(/does not see its result/);
});

test('broken images that other ranks did without are recorded, each once', async () => {
  const [titled] = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
  const { job } = titled!;
  const [first, second] = ['1.jpg', '2.jpg'].map((where) => ({ imageId: where, where, problem: 'is empty' }));
  const ranks: LedRanks = {
    ...follower(async () => ({ type: 'end' })),
    rank: 0,
    exchange: async <Said>(said: Said) => [said, [first, second] as Said],
  };
  const loadDataSet: typeof fakeMachinery.loadDataSet = async (source) => ({
    ...(await fakeMachinery.loadDataSet(source)),
    images: { leftOut: () => [first!], ahead: async () => {}, take: async () => new Map(), close: async () => {} },
  });
  const machinery = { ...fakeMachinery, loadDataSet, joinRanks: async () => ranks };
  await performRun(job, { machinery, onProgress: () => {}, signal: new AbortController().signal });
  const events = readEvents(runPaths(job.store, job.runId).events);
  expect(events.flatMap((event) => (event.type === 'image-left-out' ? [event.where] : []))).toEqual(['1.jpg', '2.jpg']);
});
