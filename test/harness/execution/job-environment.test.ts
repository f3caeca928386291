/** The settings of an engine reach the machine that performs a run, whoever starts it there. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executorSettingsSchema } from '../../../harness/execution/executor-settings.js';
import { jobEnvironment } from '../../../harness/execution/jobs/job-environment.js';
import { printableJobs } from '../../../harness/execution/jobs/print-jobs.js';
import { jobManifests } from '../../../harness/execution/kubernetes/manifests.js';
import { batchScript } from '../../../harness/execution/slurm/batch-script.js';
import { TORCH_VARIABLES, torchSettings } from '../../../reference-model/engines/torch/settings.js';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

const asked = {
  device: 'cuda:1',
  precision: 'bfloat16',
  threads: 4,
  deterministic: true,
  checkpointing: 'blocks',
  devices: 2,
  shardOptimizer: true,
  timeout: 90,
};
const values: Readonly<Record<keyof typeof TORCH_VARIABLES, string>> = {
  device: 'cuda:1',
  precision: 'bfloat16',
  threads: '4',
  deterministic: '1',
  checkpointing: 'blocks',
  devices: '2',
  shardOptimizer: '1',
  timeout: '90',
};
const names = Object.keys(TORCH_VARIABLES) as (keyof typeof TORCH_VARIABLES)[];

beforeEach(() => {
  for (const name of names) vi.stubEnv(TORCH_VARIABLES[name], values[name]);
});
afterEach(() => vi.unstubAllEnvs());

/** What a command prints that bash starts in an empty environment, as settings. */
function settingsIn(script: string) {
  const printed = execFileSync('bash', ['-c', script], { env: { PATH: process.env.PATH }, encoding: 'utf8' });
  const lines = printed.split('\n').filter((line) => line.startsWith('VLM_BENCH_TORCH_'));
  return torchSettings(Object.fromEntries(lines.map((line) => line.split('=') as [string, string])));
}

describe('with settings of the engine torch, they are in', () => {
  test('the environment of a job, and none of them where none is set', () => {
    expect(torchSettings(Object.fromEntries(jobEnvironment()))).toEqual(asked);
    expect(jobEnvironment({ PATH: '/bin', [TORCH_VARIABLES.device]: '' })).toEqual([]);
  });

  test('the batch script of Slurm, also where a site keeps the environment of sbatch from its jobs', () => {
    const array = { store: temporaryFolder(), runIds: ['a'], after: [], logs: '' };
    const settings = { ...executorSettingsSchema.parse({}).slurm, command: 'env; true' };
    const script = batchScript(array, settings);
    expect(settingsIn(`SLURM_ARRAY_TASK_ID=0\n${script}`)).toEqual(asked);
  });

  test.each([0, 1, 4])('the containers of Kubernetes, on %d devices', (devices) => {
    const [run] = [{ title: 'a', job: { runId: 'a' } as never }];
    const settings = { ...executorSettingsSchema.parse({}).kubernetes, image: 'some/image', devices };
    const { job } = jobManifests([run!], { name: 'w', settings, store: '/s', after: [] });
    const { env } = Object(job).spec.template.spec.containers[0];
    const environment = Object.fromEntries(
      env.map((entry: { name: string; value: string }) => [entry.name, entry.value]),
    );
    expect(torchSettings(environment)).toEqual(asked);
  });

  test('printed commands', async () => {
    const jobs = await fakeJobs(temporaryFolder(), fakePlan({ seeds: 2 }));
    const [first] = printableJobs(jobs, join('/usr', 'bin', 'env'));
    expect(settingsIn(`${first!.command.replace(/ perform .*/, '')}`)).toEqual(asked);
  });
});
