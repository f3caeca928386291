/** Runs through the recorded API, by the client that users install and by plain requests, and what the tests of them ask for. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import { type ExecutionEvent, executeRuns, type TitledJob } from '../../../harness/execution/execute-runs.js';
import { executorSettingsSchema, type KubernetesSettings } from '../../../harness/execution/executor-settings.js';
import { shellWord } from '../../../harness/execution/jobs/job-command.js';
import { connectKubernetes, type KubernetesApi } from '../../../harness/execution/kubernetes/api.js';
import { kubernetesExecutor } from '../../../harness/execution/kubernetes/kubernetes-executor.js';
import { manualInterruption, temporaryFolder } from './fake-runs.js';
import { FakeKubernetes } from './kubernetes-cluster.js';

const fakePerform = fileURLToPath(new URL('fake-perform.mjs', import.meta.url));
const command = [process.execPath, fakePerform].map(shellWord).join(' ');

export const settingsOf = (own: object = {}) => {
  const { kubernetes } = executorSettingsSchema.parse({
    kubernetes: {
      image: 'registry.example/vlm-bench:1',
      volumes: [{ mountPath: '/r', claim: 'results' }],
      pollSeconds: 0.2,
      command,
      ...own,
    },
  });
  return kubernetes as KubernetesSettings & { image: string };
};

export const isInstalled = (() => {
  try {
    createRequire(import.meta.url).resolve('@kubernetes/client-node');
    return true;
  } catch {
    return false;
  }
})();
if (!isInstalled) console.warn('skipped: runs through @kubernetes/client-node (not installed)');

/** Of the test that runs. */
export let cluster: FakeKubernetes;
let server: string;
beforeEach(async () => {
  cluster = new FakeKubernetes();
  server = await cluster.start();
});
afterEach(async () => {
  await cluster.stop();
  for (const name of ['FAKE_THROW_AT', 'FAKE_STEP_MS', 'KUBECONFIG']) delete process.env[name];
});

/** The same requests without the client: lists are asked for again and again instead of watched. */
export async function byFetch(): Promise<KubernetesApi> {
  const ask = async (method: string, path: string, body?: unknown) => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${server}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw Object.assign(new Error('refused'), { code: response.status, body: text });
    return text;
  };
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const pods = '/api/v1/namespaces/default/pods';
  const follow = async (path: string) => {
    let items: never[] = [];
    const read = async () => {
      items = JSON.parse(await ask('GET', path)).items;
    };
    await read();
    const timer = setInterval(() => void read().catch(() => {}), 100);
    return { list: () => items, stop: async () => clearInterval(timer) };
  };
  return {
    createJob: async (body) => JSON.parse(await ask('POST', jobs, body)).metadata.uid,
    createService: async (body) => void (await ask('POST', '/api/v1/namespaces/default/services', body)),
    resumeJob: async (name) =>
      void (await ask('PATCH', `${jobs}/${name}`, [{ op: 'replace', path: '/spec/suspend', value: false }])),
    remove: async (name) => void (await ask('DELETE', `${jobs}/${name}`)),
    followJobs: () => follow(jobs),
    followPods: () => follow(pods),
    log: (pod) => ask('GET', `${pods}/${pod}/log`),
    warnings: async () => [],
  };
}

export async function byClient(settings: KubernetesSettings): Promise<KubernetesApi> {
  const file = join(temporaryFolder(), 'config');
  const entry = (key: string, value: object) => [{ name: 'test', [key]: value }];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entry('cluster', { server, 'insecure-skip-tls-verify': true }),
    users: entry('user', {}),
    contexts: entry('context', { cluster: 'test', user: 'test' }),
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(config));
  process.env.KUBECONFIG = file;
  return connectKubernetes(settings);
}

export function execute(
  jobs: readonly TitledJob[],
  connect: typeof connectKubernetes,
  {
    attach = false,
    onEvent,
    settings = {},
  }: { attach?: boolean; settings?: object; onEvent?: (event: ExecutionEvent) => void } = {},
) {
  const interruption = manualInterruption();
  const told: string[] = [];
  const results = kubernetesExecutor(
    settingsOf(settings),
    { store: jobs[0]!.job.store, interruption, attach },
    connect,
  ).then((executor) =>
    executeRuns(jobs, {
      executor,
      jobs: 1,
      interruption,
      onEvent: (index, event) => {
        if (event.type !== 'progress') told.push(`${event.type} ${index}`);
        onEvent?.(event);
      },
    }),
  );
  return { results, interruption, told };
}
