/** What ranks owe each other around a training: its end, and what each met in it. The group is a stand-in that a test speaks for. */
import { expect, test } from 'vitest';
import { readEvents } from '../../../harness/records/events.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { performRun } from '../../../harness/run/perform-run.js';
import type { RankOrder } from '../../../harness/run/rank-orders.js';
import type { RunJob } from '../../../harness/run/run-job.js';
import { ALONE, type LedRanks, RankError } from '../../../reference-model/ranks/ranks.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

/** Rank 1 of two. */
function follower(nextOrder: () => Promise<RankOrder>): LedRanks {
  return { ...ALONE, rank: 1, count: 2, announce: () => {}, nextOrder, fail: () => {}, leave: () => {} };
}

const RUN: RankOrder = { type: 'run', leftOut: [] };

/** @param nextOrder told the job of rank 0's first order */
async function follow(
  nextOrder: (open: Extract<RankOrder, { type: 'open' }>) => Promise<RankOrder>,
  signal: AbortSignal,
) {
  const [titled] = await fakeJobs(temporaryFolder(), fakePlan());
  const { job } = titled!;
  const ranks = follower(() => nextOrder({ type: 'open', job }));
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
  const ended = follow(async (open) => [open, RUN][orders++] ?? told, AbortSignal.abort()).catch((error) => {
    hasEnded = true;
    return error;
  });
  await expect.poll(() => orders, { timeout: 20_000 }).toBe(3);
  expect(hasEnded).toBe(false);
  tell({ type: 'stopped' });
  expect((await ended).name).toBe('TrainingInterrupted');
});

test('of a rank 0 that failed while it saved it tells why', async () => {
  let orders = 0;
  const failed = new RankError(0, { what: 'no space is left', fix: 'make room' });
  const nextOrder = async (open: RankOrder): Promise<RankOrder> => {
    const order = [open, RUN][orders++];
    if (order !== undefined) return order;
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

test('a rank 0 that is stopped while it opens ends the others as stopped', async () => {
  let orders = 0;
  const ended = follow(
    async (open) => [open, { type: 'stopped' } as const][orders++]!,
    new AbortController().signal,
  ).catch((error) => error);
  expect((await ended).name).toBe('TrainingInterrupted');
  expect(orders).toBe(2);
});

test('a rank opens its data before it hears that the training begins, and says what of its run is another', async () => {
  const [first, second] = await fakeJobs(temporaryFolder(), fakePlan());
  const opened: string[] = [];
  const performed = (own: RunJob, orders: readonly RankOrder[], loadDataSet = fakeMachinery.loadDataSet) => {
    let heard = 0;
    const ranks: LedRanks = {
      ...follower(async () => {
        opened.push('order');
        return orders[heard++]!;
      }),
      fail: ({ what }) => opened.push(what),
    };
    const machinery: typeof fakeMachinery = {
      ...fakeMachinery,
      joinRanks: async () => ranks,
      loadDataSet: async (source) => {
        opened.push('data');
        return loadDataSet(source);
      },
    };
    return performRun(own, { machinery, onProgress: () => {}, signal: new AbortController().signal });
  };
  const open = { type: 'open', job: first!.job } as const;
  await expect(performed(first!.job, [open, RUN, { type: 'end' }])).rejects.toThrow(/rank 0 ended before/);
  expect(opened.slice(0, 3)).toEqual(['order', 'data', 'order']);

  opened.length = 0;
  await expect(performed(second!.job, [open, RUN])).rejects.toThrow(/started for another run than rank 0/);
  expect(opened).toEqual(['order', expect.stringMatching(/other configuration\.\S+ \(.+, not .+\)/)]);

  opened.length = 0;
  const otherData: typeof fakeMachinery.loadDataSet = async (source) => ({
    ...(await fakeMachinery.loadDataSet(source)),
    fingerprint: 'of other files',
  });
  await expect(performed(first!.job, [open, RUN], otherData)).rejects.toThrow();
  expect(opened).toEqual(['order', 'data', expect.stringContaining('content of the data sets (of other files, not ')]);
});

test('broken images that any rank did without are recorded once, and a resumed run is told of them on every rank', async () => {
  const [titled] = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
  const job = { ...titled!.job, place: { allowBroken: 3 } };
  const [first, second] = ['1.jpg', '2.jpg'].map((where) => ({
    data: 'x',
    imageId: where,
    where,
    problem: 'is empty',
  }));
  const orders: RankOrder[] = [];
  const ranks: LedRanks = {
    ...follower(async () => ({ type: 'end' })),
    rank: 0,
    announce: (order) => orders.push(order as RankOrder),
  };
  const told: unknown[] = [];
  const stop = new AbortController();
  /** Meets the first image in step 1, and the second in the step after the one at which it stops. */
  const train: typeof fakeMachinery.train = async (training) => {
    const { leftOut = [], onEvent } = training;
    told.push({ leftOut, allowBroken: training.allowBroken });
    const meet = (image: typeof first, step: number) => onEvent({ type: 'image-left-out', step, ...image! });
    if (leftOut.length === 0) meet(first, 1);
    else meet(second, 3);
    return fakeMachinery.train({
      ...training,
      onEvent: (event) => {
        onEvent(event);
        if (event.type === 'step' && event.step === 2) stop.abort();
      },
    });
  };
  const machinery = { ...fakeMachinery, train, joinRanks: async () => ranks };
  const perform = (signal: AbortSignal) => performRun(job, { machinery, onProgress: () => {}, signal });
  await expect(perform(stop.signal)).rejects.toThrow(/stopped/);
  await perform(new AbortController().signal);
  expect(told).toEqual([
    { leftOut: [], allowBroken: 3 },
    { leftOut: [first], allowBroken: 3 },
  ]);
  expect(orders.map((order) => (order.type === 'run' ? order.leftOut : order.type))).toEqual([
    ...['open', []],
    'stopped',
    ...['open', [first], 'done'],
  ]);
  const events = readEvents(runPaths(job.store, job.runId).events);
  expect(events.flatMap((event) => (event.type === 'image-left-out' ? [event.where] : []))).toEqual(['1.jpg', '2.jpg']);
});
