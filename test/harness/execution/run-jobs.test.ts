/** Runs as files that any machine can perform: their waves, their files, and the commands that are printed for other schedulers. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executeRuns, type TitledJob } from '../../../harness/execution/execute-runs.js';
import { shellWord } from '../../../harness/execution/jobs/job-command.js';
import { readFailure, readJobFile, writeJobFile } from '../../../harness/execution/jobs/job-file.js';
import { jobsText, printableJobs } from '../../../harness/execution/jobs/print-jobs.js';
import { runWaves } from '../../../harness/execution/run-waves.js';
import { provenanceSchema } from '../../../harness/records/provenance.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import type { RunJob } from '../../../harness/run/run-job.js';
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
    const { runIdOf } = await import('../../../harness/records/run-identity.js');
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
    await run('bash', ['-c', jobsText(printed)]);
    expect(bytesOf(jobs)).toEqual(bytesOf(executed));
    const { provenance } = runPaths(jobs[0]!.job.store, shared!);
    expect(provenanceSchema.parse(JSON.parse(readFileSync(provenance, 'utf8'))).machine.node).toBe(process.version);
    // What has a result is not printed again, nor what only it needed.
    expect(printableJobs(jobs, command)).toEqual([]);
  });
});
