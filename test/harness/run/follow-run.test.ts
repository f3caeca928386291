/** What a rank behind rank 0 does when rank 0 ends otherwise than with a result; the group is a stand-in that a test speaks for. */
import { expect, test } from 'vitest';
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
