/**
 * Runs as Jobs of a real control plane (API server, controller manager, scheduler), whose one node is a stand-in that performs pods as
 * processes; skipped where its programs are not built, which `build-kubernetes.sh` does.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { execaNode } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { executeRuns, type TitledJob } from '../../../harness/execution/execute-runs.js';
import { shellWord } from '../../../harness/execution/jobs/job-command.js';
import { localExecutor } from '../../../harness/execution/local/local-executor.js';
import { prepareJobs } from '../../../harness/experiment/prepare-jobs.js';
import { referenceModel } from '../../../harness/run/reference-model.js';
import { isTorchAvailable } from '../../reference-model/backends.js';
import { tinyRun } from '../../reference-model/training/tiny-run.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeForkedJobs, fakeJobs, fakePlan, manualInterruption, temporaryFolder } from '../fake/fake-runs.js';
import { type ApiObject, ask, type List } from '../fake/kubernetes/api-requests.js';
import { bytesBeside, execute, inContainer, perform, sessionsOf, settingsOf } from '../fake/kubernetes/cluster-runs.js';
import {
  type ControlPlane,
  controlPlaneMissing,
  startControlPlane,
  type UserName,
} from '../fake/kubernetes/control-plane.js';
import { StandInNode } from '../fake/kubernetes/node.js';
import { bytesOf, errorOf, expectSameTraining } from '../fake/run-outcomes.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
const missing = (() => {
  try {
    createRequire(import.meta.url).resolve('@kubernetes/client-node');
    return controlPlaneMissing;
  } catch {
    return '@kubernetes/client-node is not installed';
  }
})();
if (missing !== undefined) console.warn(`skipped: runs through a real API server of Kubernetes (${missing})`);

interface JobOfApi extends ApiObject {
  readonly spec: { readonly completions: number };
  readonly status: { readonly startTime: string; readonly completionTime?: string };
}

interface PodOfApi extends ApiObject {
  readonly status: { readonly phase: string };
}

const jobsPath = '/apis/batch/v1/namespaces/default/jobs';
const podsPath = '/api/v1/namespaces/default/pods';

// Many times what it takes on an idle machine.
describe.skipIf(missing !== undefined)('runs through a real API server', { timeout: 300_000 }, () => {
  let plane: ControlPlane;
  let node: StandInNode;
  beforeAll(async () => {
    plane = await startControlPlane();
    node = new StandInNode(plane.admin, { folder: plane.folder, capacity: { 'example.com/device': '2' } });
    await node.start();
  }, 300_000);
  beforeEach(() => actAs('bench'));
  afterAll(async () => {
    await node?.stop();
    await plane?.stop();
    delete process.env.KUBECONFIG;
  });

  const actAs = (user: UserName | 'nobody') => {
    process.env.KUBECONFIG = plane.kubeconfig(user);
  };
  const listed = async <Kind>(path: string) => (await ask<List<Kind>>(plane.admin, 'GET', path)).items;
  const podsNow = () => listed<PodOfApi>(podsPath);
  const runningPod = async (): Promise<PodOfApi> =>
    (await podsNow()).find(
      ({ status, metadata }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined,
    )!;

  test('go wave by wave, with a store on a claim, and end with the bytes of runs beside this process', async () => {
    const beside = await bytesBeside(await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2] }));
    const jobs = await fakeForkedJobs(temporaryFolder(), { seeds: [1, 2] });
    const size = { resources: { requests: { storage: '1Gi' } }, accessModes: ['ReadWriteMany'] };
    await ask(plane.admin, 'POST', '/api/v1/persistentvolumes', {
      metadata: { name: 'results' },
      spec: { capacity: { storage: '1Gi' }, accessModes: size.accessModes, hostPath: { path: jobs[0]!.job.store } },
    });
    await ask(plane.admin, 'POST', '/api/v1/namespaces/default/persistentvolumeclaims', {
      metadata: { name: 'results' },
      spec: { ...size, storageClassName: '', volumeName: 'results' },
    });
    const volumes = [{ claim: 'results', mountPath: inContainer }];
    const before = new Set((await listed<JobOfApi>(jobsPath)).map(({ metadata }) => metadata.name));
    expect(await execute(jobs, { settings: { volumes } }).results).toHaveLength(jobs.length);
    expect(bytesOf(jobs)).toEqual(beside);
    const own = (await listed<JobOfApi>(jobsPath)).filter(({ metadata }) => !before.has(metadata.name));
    const [first, second] = own.toSorted((left, right) => left.spec.completions - right.spec.completions);
    expect(own.map(({ spec }) => spec.completions).toSorted()).toEqual([2, 4]);
    expect(Date.parse(second!.status.startTime)).toBeGreaterThanOrEqual(Date.parse(first!.status.completionTime!));
    // Nothing is submitted for what has a result.
    expect(await execute(jobs, { settings: { volumes } }).results).toHaveLength(jobs.length);
    expect(await listed(jobsPath)).toHaveLength(before.size + 2);
  });

  test('go on when they are left, are not submitted twice, and are taken up again', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const settings = { command: perform({ FAKE_STEP_MS: '5' }) };
    const before = (await listed(jobsPath)).length;
    const left = execute(jobs, {
      settings,
      onEvent: ({ type }) => type === 'running' && left.interruption.requestStop(),
    });
    expect((await errorOf(left.results)).message).toContain('and kubernetes goes on with the others');
    const again = execute(jobs, { settings });
    expect(await again.results).toHaveLength(4);
    expect(await listed(jobsPath)).toHaveLength(before + 1);
    expect(jobs.map(sessionsOf)).toEqual([[0], [0], [0], [0]]);
    expect(await execute(jobs, { attach: true, settings }).results).toHaveLength(4);
  });

  test.each([
    {
      how: 'evicted',
      backoffLimit: 0,
      end: ({ metadata: { name } }: PodOfApi) =>
        ask(plane.admin, 'POST', `${podsPath}/${name}/eviction`, {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name },
        }),
    },
    {
      how: 'deleted',
      backoffLimit: 1,
      end: ({ metadata: { name } }: PodOfApi) => ask(plane.admin, 'DELETE', `${podsPath}/${name}`),
    },
  ])('whose pod is $how resume, and end with the same bytes', async ({ end, backoffLimit }) => {
    const beside = await bytesBeside((await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 1));
    const jobs = (await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 1);
    let ended: Promise<unknown> | undefined;
    const { results } = execute(jobs, {
      settings: { backoffLimit, command: perform({ FAKE_STEP_MS: '5' }) },
      onEvent: (event) => {
        if (event.type === 'progress' && event.progress.type === 'step' && event.progress.step > 60) {
          ended ??= runningPod().then(end);
        }
      },
    });
    expect(await results).toHaveLength(1);
    await ended;
    const sessions = sessionsOf(jobs[0]!);
    expect(sessions).toHaveLength(2);
    expect(sessions[1]).toBeGreaterThan(60);
    expect(bytesOf(jobs)).toEqual(beside);
  });

  test('that fail tell why, with the end of their log, and leave the others alone', async () => {
    const jobs = (await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 2);
    const { results, told } = execute(jobs, {
      settings: { backoffLimit: 1, command: perform({ FAKE_THROW_AT: '7' }) },
    });
    const { message } = await errorOf(results);
    expect(message).toMatch(
      /^error: the run causal, seed 1 failed on kubernetes \(job vlm-bench-\S+-w1\/0.*exit code 1\): a bug in the fake trainer\n/,
    );
    expect(message).toMatch(/\n {2}log: {6}error: a bug in the fake trainer\n/);
    expect(told.filter((event) => event.startsWith('failed'))).toHaveLength(2);
    expect(await execute(jobs).results).toHaveLength(2);
  });

  test('whose stages failed do not wait for ever, and begin anew with them', async () => {
    const jobs = await fakeForkedJobs(temporaryFolder());
    const error = await errorOf(execute(jobs, { settings: { command: perform({ FAKE_THROW_AT: '7' }) } }).results);
    expect(error.message).toMatch(/^error: the run shared stages align…joint, seed 1 failed on kubernetes/);
    expect(await execute(jobs).results).toHaveLength(jobs.length);
    const suspended = (await listed<JobOfApi>(jobsPath)).filter(({ status }) => status.startTime === undefined);
    expect(suspended).toEqual([]);
  });

  test('that take more time or memory than they may are said to', async () => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const late = { timeLimit: '0:00:04', command: perform({ FAKE_STEP_MS: '50' }) };
    expect((await errorOf(execute([job!], { settings: late }).results)).message).toMatch(
      /^error: the run causal, seed 1 failed on kubernetes \(job vlm-bench-\S+-w1\/0.*time limit.*\)/,
    );
    expect(sessionsOf(job!)).toHaveLength(1);
    const small = await errorOf(execute([job!], { settings: { memory: '6M' } }).results);
    expect(small.message).toMatch(/\(job vlm-bench-\S+-w1\/0, out of memory, exit code 137\)/);
    expect(small.message).toContain('raise kubernetes.memory');
    // The next attempt goes on from what the first one saved when its time was over.
    const settings = { timeLimit: '1:00:00' };
    expect(await execute([job!], { settings }).results).toHaveLength(1);
    expect(sessionsOf(job!).at(-1)).toBeGreaterThan(0);
  });

  test('are cancelled with the command if that is asked for, and by hand', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const before = (await listed(jobsPath)).length;
    const slow = { command: perform({ FAKE_STEP_MS: '50' }) };
    const stopped = execute(jobs, {
      settings: { ...slow, cancelOnStop: true },
      onEvent: ({ type }) => type === 'running' && stopped.interruption.requestStop(),
    });
    expect((await errorOf(stopped.results)).message).toContain('the jobs of the others are cancelled');
    const left = async () => (await podsNow()).filter(({ status }) => status.phase === 'Running').length;
    await expect.poll(left, { timeout: 30_000 }).toBe(0);
    expect(await listed(jobsPath)).toHaveLength(before);

    let removed: Promise<unknown> | undefined;
    const { results } = execute(jobs.slice(0, 1), {
      settings: slow,
      onEvent: ({ type }) => {
        if (type !== 'running') return;
        removed ??= runningPod().then(({ metadata: { labels } }) => {
          const name = labels?.['batch.kubernetes.io/job-name'];
          return ask(plane.admin, 'DELETE', `${jobsPath}/${name}?propagationPolicy=Background`);
        });
      },
    });
    expect((await errorOf(results)).message).toMatch(/of which kubernetes knows no more/);
    await removed;
  });

  test('go on and are followed when the API server is away for a while', async () => {
    const jobs = (await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }))).slice(0, 2);
    let restarted: Promise<void> | undefined;
    const { results } = execute(jobs, {
      settings: { command: perform({ FAKE_STEP_MS: '5' }) },
      onEvent: ({ type }) => {
        if (type === 'running') restarted ??= plane.stopApiServer().then(() => plane.startApiServer());
      },
    });
    expect(await results).toHaveLength(2);
    await restarted;
    expect(jobs.map(sessionsOf)).toEqual([[0], [0]]);
  });

  test('are one clear error where they cannot be submitted', async () => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const messageOf = async (settings: object = {}) => (await errorOf(execute([job!], { settings }).results)).message;
    const before = (await listed(jobsPath)).length;
    actAs('guest');
    expect(await messageOf()).toMatch(
      /^error: Kubernetes refused to show its jobs \(403\): jobs\.batch is forbidden: User "guest" cannot list .*\n {2}fix: {6}ask those who run/,
    );
    actAs('nobody');
    expect(await messageOf()).toMatch(
      /^error: Kubernetes refused to show its jobs \(401\): Unauthorized\n {2}fix: {6}log in/,
    );
    actAs('bench');
    expect(await messageOf({ namespace: 'nowhere' })).toMatch(/^error: Kubernetes refused to show its jobs \(403\)/);
    expect(await messageOf({ devices: 1, deviceResource: 'gpu' })).toMatch(
      /^error: Kubernetes refused a job \(422\): Job\.batch "vlm-bench-\S+" is invalid: .*"gpu"/,
    );
    await plane.stopApiServer();
    try {
      expect(await messageOf()).toMatch(/^error: Kubernetes cannot be reached: .*ECONNREFUSED/);
    } finally {
      await plane.startApiServer();
    }
    expect(await listed(jobsPath)).toHaveLength(before);
  });

  test('that cannot begin are shown with the reason', async () => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    for (const [reason, own] of [
      [/serviceaccount "nobody" not found$/, { serviceAccount: 'nobody' }],
      [/ImagePullBackOff$/, { image: 'registry.example/missing:1' }],
      [/Unschedulable$/, { devices: 1, deviceResource: 'example.com/nothing' }],
    ] as const) {
      const { results, interruption, told } = execute([job!], { settings: { ...own, cancelOnStop: true } });
      const failed = errorOf(results);
      await expect.poll(() => told, { timeout: 30_000 }).toContainEqual(expect.stringMatching(reason));
      interruption.requestStop();
      await failed;
    }
  });

  test('are submitted and followed by the hundred', async () => {
    const [run] = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 1 }));
    const configs = Array.from({ length: 200 }, (_, seed) => ({
      title: `seed ${seed}`,
      config: { ...run!.job.identity.config, seed },
    }));
    const { jobs } = await prepareJobs(configs, {
      store: temporaryFolder(),
      engine: 'auto',
      machinery: fakeMachinery,
      parallel: 1,
    });
    const before = (await listed(jobsPath)).length;
    const settings = { devices: 1, deviceResource: 'example.com/nothing', cancelOnStop: true };
    const { results, interruption, told } = execute(jobs, { settings });
    const failed = errorOf(results);
    const unschedulable = () => told.filter((event) => event.endsWith(' Unschedulable')).length;
    await expect.poll(unschedulable, { timeout: 200_000 }).toBe(200);
    expect(await listed(jobsPath)).toHaveLength(before + 1);
    interruption.requestStop();
    expect((await failed).message).toContain('the jobs of the others are cancelled');
    expect(await listed(jobsPath)).toHaveLength(before);
  });

  test.skipIf(!isTorchAvailable)('of two ranks train one model, each in its pod', async () => {
    const planned = async (): Promise<TitledJob> => {
      const runs = [{ title: 'two ranks', config: tinyRun() }];
      const store = temporaryFolder();
      return (await prepareJobs(runs, { store, engine: 'torch', machinery: referenceModel, parallel: 1 })).jobs[0]!;
    };
    const [divided, alone] = [await planned(), await planned()];
    // Pods with a device each that is no GPU: the ranks train on the processor, as planned.
    const command = [process.execPath, cli].map(shellWord).join(' ');
    const settings = { devices: 2, deviceResource: 'example.com/device', command, backoffLimit: 3 };
    expect(await execute([divided], { settings }).results).toHaveLength(1);
    const interruption = manualInterruption();
    await executeRuns([alone], { executor: localExecutor({ interruption }), jobs: 1, interruption });
    expectSameTraining(divided, alone, 7);
  });

  test('of a suite lead to its report', async () => {
    const out = temporaryFolder();
    const args = ['reproduce', '--finding', '1', '--smoke', '--json', '--out', out, '--executor', 'kubernetes'];
    const config = `${temporaryFolder()}/settings.json`;
    const { context: _, ...kubernetes } = settingsOf(out, {
      command: [process.execPath, cli].map(shellWord).join(' '),
    });
    writeFileSync(config, JSON.stringify({ kubernetes }));
    const { exitCode, stdout, stderr } = await execaNode(cli, [...args, '--config', config], {
      reject: false,
      nodeOptions: [],
      cwd: temporaryFolder(),
    });
    expect(stderr).not.toContain('error');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"inconclusive"');
    expect(existsSync(stderr.trimEnd().split('\n').at(-1)!)).toBe(true);
  });
});
