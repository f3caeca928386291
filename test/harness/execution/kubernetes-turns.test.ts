/** In which order Jobs begin, and what becomes of the others where an API refuses something of one: by calls that are recorded. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import type { KubernetesApi } from '../../../harness/execution/kubernetes/api.js';
import { beginWaiting } from '../../../harness/execution/kubernetes/begin-waiting.js';
import { kubernetesExecutor } from '../../../harness/execution/kubernetes/kubernetes-executor.js';
import type { JobObject } from '../../../harness/execution/kubernetes/objects.js';
import { fakeForkedJobs, fakeJobs, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';
import { settingsOf } from '../fake/kubernetes-runs.js';
import { errorOf } from '../fake/run-outcomes.js';

const refused = (code: number) => Object.assign(new Error('refused'), { code, body: { message: `no ${code}` } });

let notes: () => string;
beforeEach(() => {
  const { mock } = vi.spyOn(console, 'error').mockReturnValue();
  notes = () => mock.calls.flat().join('\n');
});
afterEach(() => void vi.restoreAllMocks());

/** An API that keeps Jobs as they were made, and refuses what it is told to: `remove NAME`, `service`. */
function recordingApi(refuse: (call: string) => number | undefined = () => undefined) {
  const jobs: JobObject[] = [];
  const calls: string[] = [];
  const call = async (text: string): Promise<void> => {
    calls.push(text);
    const code = refuse(text);
    if (code !== undefined) throw refused(code);
  };
  const api: KubernetesApi = {
    createJob: async (manifest) => {
      jobs.push(manifest as JobObject);
      return 'a-uid';
    },
    createService: () => call('service'),
    resumeJob: (name) => call(`resume ${name}`),
    remove: (name) => call(`remove ${name}`),
    followJobs: async () => ({ list: () => jobs, stop: async () => {} }),
    followPods: async () => ({ list: () => [], stop: async () => {} }),
    log: async () => '',
    warnings: async () => [],
  };
  return { api, jobs, calls };
}

async function executorOf(api: KubernetesApi, jobs: readonly TitledJob[], settings: object) {
  const interruption = manualInterruption();
  const options = { store: jobs[0]!.job.store, interruption };
  return { interruption, executor: await kubernetesExecutor(settingsOf(settings), options, async () => api) };
}

describe('Jobs that wait', () => {
  const suspended = (annotations: Record<string, string>): JobObject => ({
    metadata: { annotations },
    spec: { suspend: true },
  });
  const failed: JobObject = { status: { conditions: [{ type: 'Failed', status: 'True' }] } };
  const complete: JobObject = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };
  const jobs = new Map<string, JobObject>([
    ['stage', failed],
    ['fork', suspended({ 'vlm-bench/after': 'stage', 'vlm-bench/in-turn-after': 'stage' })],
    ['next', suspended({ 'vlm-bench/in-turn-after': 'fork' })],
    ['done', complete],
    ['left', suspended({ 'vlm-bench/after': 'done' })],
    ['last', suspended({ 'vlm-bench/in-turn-after': 'left' })],
  ]);

  test('do not wait for ever for others that nobody follows', async () => {
    const { api, calls } = recordingApi();
    expect([...(await beginWaiting(api)(['next', 'last'], jobs))]).toEqual(['fork']);
    expect(calls.toSorted()).toEqual(['remove fork', 'resume left', 'resume next']);
  });

  test('begin though another is refused or gone, which is told once', async () => {
    const { api, calls } = recordingApi((call) => ({ 'resume next': 403, 'remove fork': 404 })[call]);
    const begin = beginWaiting(api);
    for (let look = 0; look < 2; look++) expect([...(await begin(['next', 'fork', 'left'], jobs))]).toEqual(['fork']);
    expect(calls.filter((call) => call === 'resume left')).toHaveLength(2);
    expect(notes().match(/Kubernetes refused to begin a job \(403\): no 403; trying again/g)).toHaveLength(1);
    expect(notes()).not.toContain('404');
  });
});

test.each([1, 2, 3, 7])('runs on several devices take turns through all waves, %i at once', async (atOnce) => {
  const runs = await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2] });
  const { api, jobs } = recordingApi();
  const { executor } = await executorOf(api, runs, { devices: 2, atOnce });
  await executor.handover!.submit(runs);
  await executor.close();
  const names = jobs.map(({ metadata }) => metadata?.name);
  expect(names).toHaveLength(6);
  expect(jobs.map(({ metadata }) => metadata?.annotations?.['vlm-bench/in-turn-after'])).toEqual(
    names.map((_, index) => names[index - atOnce]),
  );
});

describe('what is refused', () => {
  const oneByOne = async () => (await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 3);

  test('of one Job that is to be cancelled keeps the others from nothing', async () => {
    const runs = await oneByOne();
    const { api, calls } = recordingApi((call) => (/^remove .*-r0$/.test(call) ? 403 : undefined));
    const { executor, interruption } = await executorOf(api, runs, { devices: 2, cancelOnStop: true });
    await executor.handover!.submit(runs);
    const outcomes = runs.map((run) => executor.perform({ ...run, onProgress: () => {} }));
    interruption.requestStop();
    expect(await Promise.all(outcomes)).toEqual(runs.map(() => ({ type: 'interrupted' })));
    await executor.close();
    expect(calls.filter((call) => call.startsWith('remove'))).toHaveLength(3);
    expect(notes()).toContain('the jobs could not be cancelled: Kubernetes refused to remove a job (403): no 403');
  });

  test('of what is to be cleared away does not hide why a run was not submitted', async () => {
    const runs = await oneByOne();
    const { api } = recordingApi((call) => (call === 'service' ? 422 : 403));
    const { executor } = await executorOf(api, runs, { devices: 2 });
    const { message } = await errorOf(executor.handover!.submit(runs));
    await executor.close();
    expect(message).toMatch(/^error: Kubernetes refused a job \(422\): no 422\n/);
    expect(notes()).toMatch(/the job vlm-bench-\S+-r0 has no Service and could not be removed: no 403/);
  });
});

test.each([
  ['nvidia.com/gpu', true],
  ['nvidia.com/mig-1g.10gb', true],
  ['gpu.intel.com/i915', true],
  ['example.com/slot', false],
])('a plan for a CPU with devices that are %s is refused: %s', async (deviceResource, isRefused) => {
  const [run] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
  const runs = [{ ...run!, job: { ...run!.job, device: 'cpu' as const } }];
  const { api, jobs } = recordingApi();
  const { executor } = await executorOf(api, runs, { devices: 2, deviceResource });
  const submitted = executor.handover!.submit(runs);
  if (isRefused) expect((await errorOf(submitted)).message).toContain('kubernetes.devices asks for 2 GPUs each');
  else await submitted;
  await executor.close();
  expect(jobs).toHaveLength(isRefused ? 0 : 1);
});
