/** A disk that fails in the middle of a run, from one write on: one clear error, and the run goes on where it was once the disk is well. */
import fs, { readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import { problemsOf } from '../../../harness/errors.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { readFinishedRun } from '../../../harness/records/run-record.js';
import { performRun } from '../../../harness/run/perform-run.js';
import type { RunJob } from '../../../harness/run/run-job.js';
import { randomStream } from '../../../reference-model/numerics/random.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';

const reasons = {
  EIO: 'i/o error',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
} as const;

const well = { writeSync: fs.writeSync, fsyncSync: fs.fsyncSync, renameSync: fs.renameSync, openSync: fs.openSync };

/** Lets every call that changes a file fail from the n-th on. @returns how many calls there were so far */
function failFrom(first: number, code: keyof typeof reasons): () => number {
  let calls = 0;
  const failing = (syscall: string, path?: unknown) => {
    calls += 1;
    if (calls < first) return;
    const named = typeof path === 'string' ? ` '${path}'` : '';
    const error = new Error(`${code}: ${reasons[code]}, ${syscall}${named}`);
    throw Object.assign(error, { code, syscall, errno: -1, ...(typeof path === 'string' ? { path } : {}) });
  };
  const wrapped = {
    writeSync: (...args: Parameters<typeof fs.writeSync>) => {
      failing('write');
      return well.writeSync(...args);
    },
    fsyncSync: (descriptor: number) => {
      failing('fsync');
      well.fsyncSync(descriptor);
    },
    renameSync: (from: fs.PathLike, to: fs.PathLike) => {
      failing('rename', from);
      well.renameSync(from, to);
    },
    openSync: (path: fs.PathLike, flags: fs.OpenMode = 'r', mode?: fs.Mode) => {
      if (flags !== 'r') failing('open', path);
      return well.openSync(path, flags, mode);
    },
  };
  Object.assign(fs, wrapped);
  syncBuiltinESMExports();
  return () => calls;
}

function heal(): void {
  Object.assign(fs, well);
  syncBuiltinESMExports();
}
afterEach(heal);

const newJob = async (): Promise<RunJob> => (await fakeJobs(temporaryFolder(), fakePlan({ smoke: true })))[0]!.job;

const perform = (job: RunJob) =>
  performRun(job, { machinery: fakeMachinery, onProgress: () => {}, signal: new AbortController().signal });

const filesOf = ({ store, runId }: RunJob) => {
  const { result, weights, predictions } = runPaths(store, runId);
  return [result, weights, predictions].map((file) => readFileSync(file, 'hex'));
};

describe('a disk that fails during a run', async () => {
  const whole = await newJob();
  const calls = failFrom(Number.POSITIVE_INFINITY, 'EIO');
  await perform(whole);
  const total = calls();
  heal();
  const stream = randomStream(11, 'failing writes');

  test.each(Object.keys(reasons) as (keyof typeof reasons)[])(
    'with %s is one clear error, and nothing is lost',
    async (code) => {
      expect(total).toBeGreaterThan(30);
      for (const moment of [1 + stream.integer(8), 9 + stream.integer(total - 12), total - stream.integer(3)]) {
        const job = await newJob();
        failFrom(moment, code);
        const error: unknown = await perform(job).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        heal();
        const [problem, ...others] = problemsOf(error) ?? [];
        expect(others, `write ${moment} of ${total}`).toEqual([]);
        expect(`${problem!.what} ${problem!.where}`, `write ${moment} of ${total}`).toContain(reasons[code]);
        expect(problem!.where, `write ${moment} of ${total}`).toContain(job.store);
        expect(problem!.fix).toMatch(/disk|space|place|may be written/);

        await perform(job);
        expect(filesOf(job)).toEqual(filesOf(whole));
        expect(readFinishedRun(job.store, job.runId).result.steps).toBeGreaterThan(0);
        const left = readdirSync(job.store, { recursive: true }).filter((name) => String(name).includes('.tmp-'));
        expect(left).toEqual([]);
      }
    },
  );
});
