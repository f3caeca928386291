/** What the executor kubernetes makes of what an API says: refusals, broken watches, Jobs that wait, and pods that are to blame. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { followObjects, type Informer } from '../../../harness/execution/kubernetes/follow-objects.js';
import {
  failedPod,
  type JobObject,
  type PodObject,
  warningsOf,
} from '../../../harness/execution/kubernetes/objects.js';
import { refusal } from '../../../harness/execution/kubernetes/refusal.js';
import { stalledJobs } from '../../../harness/execution/kubernetes/stalled-jobs.js';
import { waitingState } from '../../../harness/execution/kubernetes/waiting-jobs.js';

describe('objects that are followed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A server that can be away, and an informer as the client has it: what it is refused, it tells to its listener only. */
  function serverOf(items: string[]) {
    const server = { items, isAway: false, started: 0, break: () => {} };
    const makeInformer = (): Informer => {
      let listed: readonly string[] = [];
      let tell = (_: unknown): void => {};
      return {
        on: (_, listener) => {
          tell = listener;
        },
        start: async () => {
          server.started += 1;
          server.break = () => tell(new Error('Premature close'));
          if (server.isAway) tell(new Error('connect ECONNREFUSED'));
          else listed = [...server.items];
        },
        stop: async () => {},
        list: () => listed,
      };
    };
    return { server, makeInformer };
  }

  test('are not taken for none where the first list is refused', async () => {
    const { server, makeInformer } = serverOf(['a']);
    server.isAway = true;
    await expect(followObjects(makeInformer)).rejects.toThrow('ECONNREFUSED');
  });

  test('are listed anew when a watch breaks, however often and long the server is away, and no old state is told', async () => {
    const { server, makeInformer } = serverOf(['a']);
    const followed = await followObjects(makeInformer);
    for (let round = 1; round <= 3; round++) {
      server.isAway = true;
      server.break();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(() => followed.list()).toThrow('ECONNREFUSED');
      server.items = [`a${round}`];
      server.isAway = false;
      await vi.advanceTimersByTimeAsync(10_000);
      expect(followed.list()).toEqual([`a${round}`]);
    }
    const { started } = server;
    await followed.stop();
    server.break();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.started).toBe(started);
  });

  test('are told as they were through a break that is mended at once', async () => {
    const { server, makeInformer } = serverOf(['a']);
    const followed = await followObjects(makeInformer);
    server.items = ['b'];
    server.break();
    expect(followed.list()).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(2000);
    expect(followed.list()).toEqual(['b']);
    await followed.stop();
  });
});

describe('refusals', () => {
  const forbidden =
    'jobs.batch is forbidden: User "guest" cannot create resource "jobs" in API group "batch" in the namespace "default"';
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: forbidden, code: 403 };
  test.each([
    ['text', JSON.stringify(status)],
    ['read already', status],
  ])('are told in the words of the API, its answer being %s', (_, body) => {
    const error = Object.assign(new Error('HTTP-Code: 403\nMessage: …'), { code: 403, body });
    const [problem] = refusal(error, 'a job').problems;
    expect(problem).toMatchObject({ what: `Kubernetes refused a job (403): ${forbidden}` });
    expect(problem!.fix).toContain('rights');
  });

  test('are told apart from a server that cannot be reached', () => {
    const error = Object.assign(new Error('request to https://h/ failed, reason: connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
    });
    expect(refusal(error, 'a job').problems[0]!.what).toMatch(/^Kubernetes cannot be reached: .*ECONNREFUSED/);
  });
});

test('a Job without pods tells its latest warning, which is asked for seldom, and need not be readable', async () => {
  const events = [
    { message: 'Error creating: pods "c-0-" is forbidden: exceeded quota', lastTimestamp: '2026-01-01T00:00:09Z' },
    { message: 'earlier', lastTimestamp: '2026-01-01T00:00:01Z' },
  ];
  let [now, asked] = [0, 0];
  const api = {
    warnings: async (job: string) => {
      asked += 1;
      if (job !== 'c') throw new Error('forbidden');
      return warningsOf({ items: events });
    },
  };
  const stalled = stalledJobs(api, () => now);
  for (; now < 60_000; now += 1000) expect(await stalled('c')).toBe('pods "c-0-" is forbidden: exceeded quota');
  expect(asked).toBe(2);
  expect(await stalled('other')).toBe('');
});

test('what comes to be known about a Job after the first look is told soon, and one without a word is not asked for all the time', async () => {
  let now = 0;
  let asked = 0;
  const api = {
    warnings: async (job: string) => {
      asked += 1;
      return job === 'late' && now > 1000 ? ['Error creating: serviceaccount "nobody" not found'] : [];
    },
  };
  const stalled = stalledJobs(api, () => now);
  for (; now < 5000; now += 300) await stalled('late');
  expect(await stalled('late')).toBe('serviceaccount "nobody" not found');
  asked = 0;
  for (; now < 300_000; now += 300) expect(await stalled('silent')).toBe('');
  expect(asked).toBeLessThan(15);
});

describe('Jobs that wait', () => {
  const ended = (
    type: 'Complete' | 'Failed',
    completedIndexes = '',
    spec: JobObject['spec'] = { backoffLimitPerIndex: 3 },
  ) => ({
    spec,
    status: { conditions: [{ type, status: 'True' }], completedIndexes },
  });
  const waitingFor = (name: string): JobObject => ({
    metadata: { annotations: { 'vlm-bench/after': name } },
    spec: { suspend: true },
  });
  const after = { 'vlm-bench/after': 'a,b' };
  const inTurn = { 'vlm-bench/in-turn-after': 'a' };
  test.each([
    ['begin when all before them were completed', after, { a: ended('Complete'), b: ended('Complete') }, 'ready'],
    ['wait while one is under way', after, { a: ended('Complete'), b: {} }, 'as-it-is'],
    [
      'begin when some runs before them were completed',
      after,
      { a: ended('Failed', '0'), b: ended('Failed') },
      'ready',
    ],
    ['wait in vain when none was', after, { a: ended('Failed'), b: ended('Failed') }, 'in-vain'],
    [
      'wait in vain when some ranks only were',
      { 'vlm-bench/after': 'a' },
      { a: ended('Failed', '0', { completions: 2 }) },
      'in-vain',
    ],
    ['begin when those before them were removed', after, {}, 'ready'],
    ['begin in their turn, however the one before ended', inTurn, { a: ended('Failed') }, 'ready'],
    ['wait for their turn', inTurn, { a: {} }, 'as-it-is'],
    ['begin in turn after one that waits in vain', inTurn, { a: waitingFor('s'), s: ended('Failed') }, 'ready'],
    ['wait in turn for one that may yet begin', inTurn, { a: waitingFor('s'), s: ended('Complete') }, 'as-it-is'],
    [
      'wait in vain whosever turn it is',
      { 'vlm-bench/after': 's', ...inTurn },
      { a: {}, s: ended('Failed') },
      'in-vain',
    ],
    [
      'wait in vain for one that does',
      { 'vlm-bench/after': 'a' },
      { a: waitingFor('s'), s: ended('Failed') },
      'in-vain',
    ],
    ['are left alone when somebody else suspended them', {}, {}, 'as-it-is'],
  ] as const)('%s', (_, annotations, jobs, state) => {
    const waiting: JobObject = { metadata: { name: 'c', annotations }, spec: { suspend: true } };
    expect(waitingState(waiting, new Map(Object.entries<JobObject>(jobs)))).toBe(state);
    expect(waitingState({ ...waiting, spec: { suspend: false } }, new Map())).toBe('as-it-is');
  });
});

test('of several ranks the one that failed first is to blame, in the last attempt', () => {
  const pod = (name: string, index: number, exitCode: number, second: number): PodObject => ({
    metadata: { name, annotations: { 'batch.kubernetes.io/job-completion-index': String(index) } },
    status: {
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode, finishedAt: `2026-01-01T00:00:${10 + second}Z` } } }],
    },
  });
  const running: PodObject = { metadata: { name: 'r' }, status: { phase: 'Running' } };
  const attempts = [pod('a0', 0, 1, 5), pod('a1', 1, 137, 4), pod('b0', 0, 137, 20), pod('b1', 1, 1, 21)];
  expect(failedPod([...attempts, running])?.metadata?.name).toBe('b0');
  expect(failedPod([...attempts.slice(0, 2), running])?.metadata?.name).toBe('a1');
  expect(failedPod([pod('a0', 0, 0, 1), running])).toBeUndefined();
});
