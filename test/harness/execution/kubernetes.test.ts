/**
 * Runs as Jobs: through an API that performs their pods as processes of this machine. The client that users install is part of it where it
 * is installed; else requests go out by `fetch`, and that is said.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { executeRuns } from '../../../harness/execution/execute-runs.js';
import type { TitledRun } from '../../../harness/execution/executor.js';
import { connectKubernetes } from '../../../harness/execution/kubernetes/api.js';
import { kubernetesExecutor } from '../../../harness/execution/kubernetes/kubernetes-executor.js';
import { jobManifests } from '../../../harness/execution/kubernetes/manifests.js';
import { hasIndex, runState } from '../../../harness/execution/kubernetes/objects.js';
import type { RunJob } from '../../../harness/run/run-job.js';
import {
  fakeExecutor,
  fakeForkedJobs,
  fakeJobs,
  fakePlan,
  manualInterruption,
  temporaryFolder,
} from '../fake/fake-runs.js';
import { byClient, byFetch, cluster, execute, isInstalled, settingsOf } from '../fake/kubernetes-runs.js';
import { bytesOf, errorOf } from '../fake/run-outcomes.js';

describe.each([
  { by: 'fetch', connect: byFetch, missing: false },
  { by: 'the client of users, with watches that end', connect: byClient, missing: !isInstalled },
])('runs as Jobs, by $by', ({ connect, missing }) => {
  test.skipIf(missing)('go wave by wave, and end with the bytes of runs beside this process', async () => {
    const beside = await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2] });
    const interruption = manualInterruption();
    await executeRuns(beside, { executor: fakeExecutor(interruption), jobs: 2, interruption });
    const jobs = await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2] });
    expect(await execute(jobs, connect).results).toHaveLength(jobs.length);
    expect(bytesOf(jobs)).toEqual(bytesOf(beside));
    expect([...cluster.jobs.values()].map(({ spec }) => [spec.completions, spec.suspend])).toEqual([
      [2, false],
      [4, false],
    ]);
    expect(cluster.requests.filter((request) => request === 'PATCH jobs').length).toBeGreaterThan(0);
  });

  test.skipIf(missing)(
    'are left and taken up again, and one that fails tells why and leaves the others alone',
    async () => {
      const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
      process.env.FAKE_STEP_MS = '3';
      const left = execute(jobs, connect, {
        onEvent: ({ type }) => type === 'running' && left.interruption.requestStop(),
      });
      expect((await errorOf(left.results)).message).toContain('and kubernetes goes on with the others');
      expect(await execute(jobs, connect, { attach: true }).results).toHaveLength(4);
      expect(cluster.jobs.size).toBe(1);

      const others = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
      delete process.env.FAKE_STEP_MS;
      process.env.FAKE_THROW_AT = '7';
      const failed = execute(others, connect, { settings: { backoffLimit: 1 } });
      const { message } = await errorOf(failed.results);
      expect(message).toMatch(
        /^error: the run causal, seed 1 failed on kubernetes \(job vlm-bench-\S+-w1\/0.*exit code 1\): a bug in the fake trainer\n/,
      );
      expect(message).toMatch(/\n {2}log: {6}error: a bug in the fake trainer\n/);
      expect(failed.told.filter((event) => event.startsWith('failed'))).toHaveLength(4);
    },
  );

  test.skipIf(missing)('are refused, and cancelled, in clear words', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const invalid = 'Job.batch "x" is invalid: spec.template.spec.containers[0].image: Required value';
    cluster.refuse = (request) => (request === 'POST jobs' ? { code: 422, message: invalid } : undefined);
    expect((await errorOf(execute(jobs, connect).results)).message).toContain(
      `Kubernetes refused a job (422): ${invalid}\n`,
    );
    cluster.refuse = () => undefined;
    process.env.FAKE_STEP_MS = '50';
    const stopped = execute(jobs, connect, {
      settings: { cancelOnStop: true },
      onEvent: ({ type }) => type === 'running' && stopped.interruption.requestStop(),
    });
    expect((await errorOf(stopped.results)).message).toContain('the jobs of the others are cancelled');
    expect(cluster.jobs.size).toBe(0);
  });
});

test.skipIf(isInstalled)('a client that is not installed is said to be, with how to install it', async () => {
  await expect(connectKubernetes(settingsOf())).rejects.toThrow(
    /not installed\n.*\n {2}fix: {6}npm install --save-optional @kubernetes\/client-node@1\.4\.0/,
  );
});

test.skipIf(!isInstalled).each([
  ['that is not there', undefined],
  ['without a line', ''],
  ['that is not YAML', 'a: [b\n'],
  ['without a context', 'apiVersion: v1\nkind: Config\n'],
  [
    'whose context names no cluster',
    '{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "x"}}]}',
  ],
])('a configuration of kubectl %s is one clear error', async (_, text) => {
  const file = join(temporaryFolder(), 'config');
  if (text !== undefined) writeFileSync(file, text);
  process.env.KUBECONFIG = file;
  const error = await errorOf(connectKubernetes(settingsOf()));
  expect(error.problems).toMatchObject([
    {
      code: 'config-invalid',
      where: file,
      what: expect.stringMatching(/^the configuration of kubectl cannot be used: ./),
    },
  ]);
});

test('settings that are missing are said to be, before anything is asked of a cluster', async () => {
  const options = { store: '/s', interruption: manualInterruption() };
  const never = () => Promise.reject(new Error('asked'));
  const { image: _, ...bare } = settingsOf();
  await expect(kubernetesExecutor(bare, options, never)).rejects.toThrow('kubernetes.image is missing');
  await expect(kubernetesExecutor({ ...settingsOf(), volumes: [] }, options, never)).rejects.toThrow(
    'kubernetes.volumes is missing',
  );
});

describe('manifests', () => {
  const { definitions } = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../fixtures/kubernetes-fields.json', import.meta.url)), 'utf8'),
  ) as { definitions: Record<string, Record<string, string>> };

  /** What is wrong with a value of a type of the API, by path. */
  function flawsOf(value: unknown, type: string, path: string): readonly string[] {
    const [, element] = /^Array<(.*)>$/.exec(type) ?? [];
    if (element !== undefined) {
      return Array.isArray(value)
        ? value.flatMap((item, index) => flawsOf(item, element, `${path}[${index}]`))
        : [`${path} is no list`];
    }
    const [, entry] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? [];
    if (entry !== undefined)
      return Object.entries(Object(value)).flatMap(([key, item]) => flawsOf(item, entry, `${path}.${key}`));
    const fields = definitions[type];
    if (fields === undefined) {
      if (type === 'IntOrString')
        return typeof value === 'number' || typeof value === 'string' ? [] : [`${path} is ${typeof value}`];
      return typeof value === type ? [] : [`${path} is ${typeof value} and not ${type}`];
    }
    const missing = Object.entries(fields).flatMap(([key, of]) =>
      of.endsWith('?') || key in Object(value) ? [] : [`${path}.${key} is missing`],
    );
    const own = Object.entries(Object(value)).flatMap(([key, item]) => {
      const of = fields[key];
      return of === undefined ? [`${path}.${key} is unknown`] : flawsOf(item, of.replace(/\?$/, ''), `${path}.${key}`);
    });
    return [...missing, ...own];
  }

  const run = (runId: string): TitledRun => ({ title: runId, job: { runId } as RunJob });
  const manifestsOf = (own: object, more: object = {}) =>
    jobManifests([run('a'), run('b')].slice(0, Object(own).devices > 1 ? 1 : 2), {
      name: 'vlm-bench-1-w1',
      settings: settingsOf(own),
      store: '/results/out',
      after: [],
      ...more,
    });

  test.each([
    ['of runs without a device', {}, {}],
    [
      'with all that can be set',
      {
        serviceAccount: 'bench',
        devices: 1,
        processors: 4,
        dataRoot: '/data',
        weights: '/weights',
        atOnce: 1,
        volumes: [
          { mountPath: '/r', claim: 'c' },
          { mountPath: '/data', hostPath: '/d', readOnly: true },
        ],
      },
      { after: ['x'], seconds: 60 },
    ],
    ['of a run on several devices', { devices: 4 }, {}],
  ])('%s have fields of the API only, of its types, and all that it requires', (_, own, more) => {
    const { job, service } = manifestsOf(own, more);
    expect(flawsOf(job, 'V1Job', 'job')).toEqual([]);
    if (service !== undefined) expect(flawsOf(service('a-uid'), 'V1Service', 'service')).toEqual([]);
    expect(flawsOf({ ...job, spec: { completion: 1 } }, 'V1Job', 'job')).toEqual([
      'job.spec.template is missing',
      'job.spec.completion is unknown',
    ]);
  });

  test('tell a run where data and weights lie in its container', () => {
    const { job } = manifestsOf({ dataRoot: '/data', weights: '/our weights' });
    expect(JSON.stringify(job)).toContain("--data-root /data --weights '/our weights'");
  });

  test.each([1, 4])(
    'make a run of %d devices no process 1, which a SIGTERM while it starts would not end',
    (devices) => {
      const { job } = manifestsOf({ devices });
      expect(Object(job).spec.template.spec).toMatchObject({ shareProcessNamespace: true });
    },
  );

  test('start the ranks of a run in pods that find each other', () => {
    const { job, service } = manifestsOf({ devices: 4, command: 'vlm-bench' });
    const name = 'vlm-bench-1-w1';
    expect(job).toMatchObject({ metadata: { name }, spec: { completions: 4, parallelism: 4 } });
    expect(service?.('a-uid')).toMatchObject({
      metadata: { name, ownerReferences: [{ kind: 'Job', name, uid: 'a-uid' }] },
      spec: { clusterIP: 'None', selector: { 'batch.kubernetes.io/job-name': name } },
    });
    // One that is evicted makes the others save a checkpoint and end; that is nobody's failure either.
    expect(Object(job).spec.podFailurePolicy.rules).toMatchObject([
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
      { action: 'Ignore', onExitCodes: { values: [128 + constants.signals.SIGTERM] } },
    ]);
    const { subdomain, containers } = Object(job).spec.template.spec;
    expect(subdomain).toBe(name);
    expect(containers[0].env).toContainEqual({ name: 'MASTER_ADDR', value: `${name}-0.${name}` });
    expect(containers[0].env).toContainEqual({ name: 'WORLD_SIZE', value: '4' });
    expect(containers[0].resources.limits).toMatchObject({ 'nvidia.com/gpu': '1' });
    expect(containers[0].command[2]).toBe(
      'export RANK="$JOB_COMPLETION_INDEX"; exec vlm-bench perform /results/out/jobs/a.json',
    );
  });
});

describe('what Jobs and pods say', () => {
  const failed = { status: { failedIndexes: '1', conditions: [] } };
  const pod = (status: object) => ({ metadata: { name: 'p' }, status });
  const terminated = (reason: string, exitCode: number) =>
    pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { reason, exitCode } } }] });
  test.each([
    ['done', { status: { completedIndexes: '0-2,5' } }, 1, [], { type: 'ended', succeeded: true }],
    ['suspended', { spec: { suspend: true } }, 1, [], { type: 'queued', detail: 'suspended' }],
    [
      'waiting for an image',
      {},
      1,
      [pod({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] })],
      { type: 'queued', detail: 'ImagePullBackOff' },
    ],
    [
      'not scheduled',
      {},
      1,
      [pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] })],
      { type: 'queued', detail: 'Unschedulable' },
    ],
    ['running', {}, 1, [{ ...pod({ phase: 'Running' }), spec: { nodeName: 'n7' } }], { type: 'running', detail: 'n7' }],
    [
      'out of memory',
      failed,
      1,
      [terminated('OOMKilled', 137)],
      { type: 'ended', succeeded: false, reason: 'out-of-memory', detail: 'exit code 137' },
    ],
    [
      'over its time',
      failed,
      1,
      [pod({ phase: 'Failed', reason: 'DeadlineExceeded' })],
      { type: 'ended', succeeded: false, reason: 'time-limit' },
    ],
    ['failed', failed, 1, [terminated('Error', 3)], { type: 'ended', succeeded: false, detail: 'exit code 3' }],
    [
      'failed as a whole',
      { status: { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] } },
      undefined,
      [],
      { type: 'ended', succeeded: false, reason: 'time-limit' },
    ],
  ])('%s', (_, job, index, pods, state) => {
    expect(runState(job, index, pods)).toEqual(state);
  });

  test('indices are listed by ranges', () => {
    expect([0, 1, 3, 4, 5, 6].map((index) => hasIndex('0-3,5', index))).toEqual([true, true, true, false, true, false]);
    expect(hasIndex('', 0)).toBe(false);
    expect(hasIndex(undefined, 0)).toBe(false);
  });
});
