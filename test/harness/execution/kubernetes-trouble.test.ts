/** Runs as Jobs of an API that refuses, forgets or goes away, and of runs that end badly, through the client that users install. */
import { describe, expect, test, vi } from 'vitest';
import { fakeForkedJobs, fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';
import { byClient, byFetch, cluster, execute, isInstalled } from '../fake/kubernetes-runs.js';
import { errorOf } from '../fake/run-outcomes.js';

const oneRun = async () => (await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 1);

const forbidden = {
  code: 403,
  message: 'jobs.batch is forbidden: User "guest" cannot list resource "jobs" in API group "batch"',
};

describe.skipIf(!isInstalled)('an API', () => {
  test('that shows no jobs to this user is one clear error, and nothing is submitted', async () => {
    cluster.refuse = (request) => (request === 'GET jobs' ? forbidden : undefined);
    const { message } = await errorOf(execute(await oneRun(), byClient).results);
    expect(message).toMatch(
      /^error: Kubernetes refused to show its jobs \(403\): jobs\.batch is forbidden: User "guest"/,
    );
    expect(message).toMatch(/\n {2}fix: {6}ask those who run the cluster for the rights/);
    expect(cluster.jobs.size).toBe(0);
  });

  test('that does not know this user is one clear error', async () => {
    cluster.refuse = () => ({ code: 401, message: 'Unauthorized' });
    expect((await errorOf(execute(await oneRun(), byClient).results)).message).toMatch(
      /^error: Kubernetes refused to show its jobs \(401\): Unauthorized\n {2}fix: {6}log in/,
    );
  });

  test('that cannot be asked is not taken for one without jobs: nothing is submitted twice', async () => {
    const jobs = await oneRun();
    process.env.FAKE_STEP_MS = '3';
    const left = execute(jobs, byClient, {
      onEvent: ({ type }) => type === 'running' && left.interruption.requestStop(),
    });
    await errorOf(left.results);
    cluster.refuse = (request) =>
      request === 'GET jobs' ? { code: 500, message: 'etcdserver: no leader' } : undefined;
    expect((await errorOf(execute(jobs, byClient).results)).message).toContain('(500): etcdserver: no leader');
    cluster.refuse = () => undefined;
    expect(await execute(jobs, byClient).results).toHaveLength(1);
    expect(cluster.jobs.size).toBe(1);
  });

  test('that forgets what it told and goes away for a while is asked anew', async () => {
    process.env.FAKE_STEP_MS = '3';
    const noted = vi.spyOn(console, 'error').mockReturnValue();
    let begun = false;
    const { results } = execute(await oneRun(), byClient, {
      onEvent: ({ type }) => {
        if (type !== 'running' || begun) return;
        begun = true;
        cluster.refuse = () => ({ code: 503, message: 'apiserver is shutting down' });
        cluster.forget();
        setTimeout(() => {
          cluster.refuse = () => undefined;
        }, 1500);
      },
    });
    expect(await results).toHaveLength(1);
    expect(begun).toBe(true);
    expect(noted.mock.calls.flat().join('')).toContain(
      'kubernetes cannot be asked now (Kubernetes refused to show its jobs (503): apiserver is shutting down)',
    );
    noted.mockRestore();
  });
});

test('runs whose stages failed do not wait for ever, and are submitted anew with them', async () => {
  const jobs = await fakeForkedJobs(temporaryFolder());
  process.env.FAKE_THROW_AT = '7';
  const { message } = await errorOf(execute(jobs, byFetch, { settings: { backoffLimit: 0 } }).results);
  expect(message).toMatch(/^error: the run shared stages align…joint, seed 1 failed on kubernetes/);
  delete process.env.FAKE_THROW_AT;
  expect(await execute(jobs, byFetch).results).toHaveLength(jobs.length);
  // Of the first time the stage alone, of the second both.
  expect([...cluster.jobs.values()].map(({ spec }) => spec.completions)).toEqual([1, 1, 2]);
});

test('of runs on several devices no more than so many are under way', async () => {
  const jobs = (await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 2);
  const { results, told } = execute(jobs, byFetch, { settings: { devices: 2, atOnce: 1 } });
  expect(await results).toHaveLength(2);
  expect(told.indexOf('running 1')).toBeGreaterThan(told.indexOf('running 0'));
  expect(cluster.services).toHaveLength(2);
  const [first, second] = [...cluster.jobs.values()];
  expect(second?.metadata.annotations).toEqual({ 'vlm-bench/in-turn-after': first?.metadata.name });
  expect(cluster.requests.filter((request) => request === 'PATCH jobs').length).toBeGreaterThan(0);
});
