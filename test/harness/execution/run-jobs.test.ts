/** Runs as files that any machine can perform: their waves, their files, and the commands that are printed for other schedulers. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatError } from '../../../harness/errors.js';
import { executeRuns, type TitledJob } from '../../../harness/execution/execute-runs.js';
import { shellWord } from '../../../harness/execution/jobs/job-command.js';
import { readFailure, readJobFile, writeJobFile } from '../../../harness/execution/jobs/job-file.js';
import { performJob } from '../../../harness/execution/jobs/perform-job.js';
import { requirePlannedFor } from '../../../harness/execution/jobs/planned-engine.js';
import { jobsText, printableJobs } from '../../../harness/execution/jobs/print-jobs.js';
import { runWaves } from '../../../harness/execution/run-waves.js';
import { provenanceSchema } from '../../../harness/records/provenance.js';
import { runIdOf } from '../../../harness/records/run-identity.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import type { RunJob } from '../../../harness/run/run-job.js';
import type { Engine } from '../../../reference-model/engines/engine.js';
import { EngineError } from '../../../reference-model/engines/engine-error.js';
import { TORCH_VARIABLES } from '../../../reference-model/engines/torch/settings.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import {
  fakeExecutor,
  fakeForkedJobs,
  fakeJobs,
  fakePlan,
  manualInterruption,
  temporaryFolder,
} from '../fake/fake-runs.js';

const run = promisify(execFile);
const fakePerform = fileURLToPath(new URL('../fake/fake-perform.mjs', import.meta.url));
const command = [process.execPath, fakePerform].map(shellWord).join(' ');

const bytesOf = (jobs: readonly TitledJob[]) =>
  jobs.map(({ job }) => {
    const { result, weights } = runPaths(job.store, job.runId);
    return [readFileSync(result, 'utf8'), readFileSync(weights, 'hex')];
  });

describe('waves of a run graph', () => {
  test('hold every run once, each in the first wave behind the one that it forks from', () => {
    const picks = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(picks, (drawn) => {
        const runs = drawn.map((pick, index) => {
          const before = Math.floor(pick * 2 * index) - index;
          const forkFrom =
            before >= 0 && before < index ? { runId: `run${before}`, step: 1 } : { runId: 'finished-before', step: 1 };
          return { job: { runId: `run${index}`, forkFrom } as RunJob };
        });
        const waves = runWaves(runs);
        expect(waves.flat()).toHaveLength(runs.length);
        const waveOf = (runId: string) => waves.findIndex((wave) => wave.some(({ job }) => job.runId === runId));
        for (const { job } of runs) expect(waveOf(job.runId)).toBe(waveOf(job.forkFrom!.runId) + 1);
      }),
    );
  });
});

describe('the file of a run', () => {
  test('holds all of the run but the place of the store', async () => {
    const store = temporaryFolder();
    const [job] = await fakeJobs(store, fakePlan({ smoke: true }));
    const file = writeJobFile(job!);
    expect(readFileSync(file, 'utf8')).not.toContain(store);
    expect(readJobFile(file)).toEqual(job);
    const place = { dataRoot: '/data', declaration: '/data/own.yaml', workers: 2, allowBroken: 1 };
    const placed = { ...job!, job: { ...job!.job, place } };
    expect(readJobFile(writeJobFile(placed))).toEqual(placed);
    const elsewhere = { ...job!, job: { ...job!.job, place: { workers: 0, allowBroken: 0, weights: '/weights' } } };
    expect(readJobFile(writeJobFile(elsewhere))).toEqual(elsewhere);
  });

  test.each([
    ['changed', (text: string) => text.replace('"seed": 1', '"seed": 7')],
    ['given another field', (text: string) => text.replace('{', '{ "extra": 1,')],
    ['cut short', (text: string) => text.slice(0, -20)],
  ])('is refused when it was %s', async (_, change) => {
    const [job] = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    const file = writeJobFile(job!);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(() => readJobFile(file)).toThrow(file);
  });

  test('is refused by other code than the plan’s, which is remembered', async () => {
    const [planned] = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    const identity = { ...planned!.job.identity, codeVersion: 'f'.repeat(64) };
    const other = { ...planned!, job: { ...planned!.job, identity, runId: runIdOf(identity) } };
    const file = writeJobFile(other);
    await expect(run(process.execPath, [fakePerform, 'perform', file])).rejects.toThrow(
      'the vlm-bench on this machine is not the one that the run was planned with',
    );
    expect(readFailure(other.job)[0]).toMatchObject({ where: `run ${other.job.runId}` });
    writeJobFile(other);
    expect(readFailure(other.job)).toEqual([]);
  });
});

describe('printed jobs', () => {
  test('are a shell script that ends with the bytes of runs that are executed', async () => {
    const executed = await fakeForkedJobs(temporaryFolder(), { seeds: [1] });
    const interruption = manualInterruption();
    await executeRuns(executed, { executor: fakeExecutor(interruption), jobs: 1, interruption });
    const jobs = await fakeForkedJobs(temporaryFolder(), { seeds: [1] });
    const printed = printableJobs(jobs, command);
    const [shared, ...forks] = jobs.map(({ job }) => job.runId);
    expect(printed.map(({ id, after, wave }) => ({ id, after, wave }))).toEqual([
      { id: shared, after: [], wave: 0 },
      ...forks.map((id) => ({ id, after: [shared], wave: 1 })),
    ]);
    const closing = ['when all have succeeded:', 'exit 1\nexit 2'];
    await run('bash', ['-c', jobsText(printed, closing)]);
    expect(bytesOf(jobs)).toEqual(bytesOf(executed));
    const { provenance } = runPaths(jobs[0]!.job.store, shared!);
    expect(provenanceSchema.parse(JSON.parse(readFileSync(provenance, 'utf8'))).machine.node).toBe(process.version);
    // What has a result is not printed again, nor what only it needed.
    expect(printableJobs(jobs, command)).toEqual([]);
  });
});

describe('a run that was planned for a device', () => {
  const planned = async (device: 'cpu' | 'gpu', numerics: string): Promise<TitledJob> => {
    const [first] = await fakeJobs(temporaryFolder(), fakePlan({ smoke: true }));
    const identity = { ...first!.job.identity, engineNumerics: numerics };
    return { ...first!, job: { ...first!.job, engine: 'torch', device, identity, runId: runIdOf(identity) } };
  };
  /** @param computed by device that the engine is told to take */
  const machine = (computed: Readonly<Record<string, string | Error>>) => {
    const activateEngine = async (): Promise<Engine> => {
      const numerics = computed[process.env[TORCH_VARIABLES.device] ?? 'auto'];
      if (typeof numerics !== 'string') throw numerics ?? new Error('another device was asked for');
      return { name: 'torch', backend: 'fake', precision: 'float32', numerics, devices: 1 };
    };
    return { ...fakeMachinery, activateEngine };
  };
  const perform = ({ job, title }: TitledJob, machinery: ReturnType<typeof machine>) =>
    performJob(writeJobFile({ job, title }), { machinery, interruption: manualInterruption(), onProgress: () => {} });
  const noGpu = new EngineError({
    code: 'engine-unavailable',
    engine: 'torch',
    reason: 'cuda: no GPU was found.',
    remedy: '',
  });
  const errorOf = (performed: Promise<unknown>) =>
    performed.then(
      () => '',
      (error: unknown) => formatError(error),
    );
  beforeEach(() => {
    vi.stubEnv(TORCH_VARIABLES.device, '');
  });
  afterEach(() => vi.unstubAllEnvs());

  test('takes that one, though the machine would rather take another', async () => {
    const onCpu = await planned('cpu', 'torch-cpu');
    expect((await perform(onCpu, machine({ cpu: 'torch-cpu', cuda: 'torch-H200' }))).result.runId).toBe(
      onCpu.job.runId,
    );
    vi.stubEnv(TORCH_VARIABLES.device, '');
    const onGpu = await planned('gpu', 'torch-H200');
    expect((await perform(onGpu, machine({ cpu: 'torch-cpu', cuda: 'torch-H200' }))).result.runId).toBe(
      onGpu.job.runId,
    );
  });

  test.each([
    ['no GPU', 'gpu', '', { cuda: noGpu }, 'the run was planned for a GPU, and there is none here'],
    [
      'a setting against it',
      'gpu',
      'cpu',
      { cpu: 'x' },
      `planned for a GPU, and ${TORCH_VARIABLES.device} is cpu here`,
    ],
    ['a setting against it', 'cpu', 'cuda:1', { 'cuda:1': 'x' }, 'planned for a CPU, and'],
    ['another GPU', 'gpu', '', { cuda: 'torch-A100' }, 'engine numerics torch-H200, not torch-A100'],
  ] as const)('is one error where there is %s (%s %s)', async (_, device, setting, computed, expected) => {
    vi.stubEnv(TORCH_VARIABLES.device, setting);
    const job = await planned(device, 'torch-H200');
    const error = await errorOf(perform(job, machine(computed)));
    expect(error).toContain(expected);
    expect(error.match(/^error: /gm)).toHaveLength(1);
    expect(readFailure(job.job)).toHaveLength(1);
    expect(existsSync(runPaths(job.job.store, job.job.runId).config)).toBe(false);
  });

  test('is not submitted where it was planned without a GPU and is to have one', async () => {
    const [onCpu, onGpu] = [await planned('cpu', 'torch-cpu'), await planned('gpu', 'torch-H200')];
    const onWasm = (await fakeJobs(temporaryFolder(), fakePlan({ smoke: true })))[0]!;
    expect(() => requirePlannedFor([onGpu, onCpu], 'slurm', 2)).toThrow('slurm.devices asks for 2 GPUs each');
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    requirePlannedFor([onWasm], 'kubernetes', 1);
    expect(told.mock.calls.join()).toContain(
      'the engine wasm, which uses no GPU, and kubernetes.devices asks for 1 GPU each',
    );
    told.mockRestore();
    expect(() => requirePlannedFor([onGpu], 'slurm', 1)).not.toThrow();
    expect(() => requirePlannedFor([onCpu, onWasm], 'slurm', 0)).not.toThrow();
  });
});
