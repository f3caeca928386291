import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import type { TitledJob } from '../../../harness/execution/execute-runs.js';
import { listCheckpoints } from '../../../harness/records/checkpoints.js';
import { tryLock } from '../../../harness/records/lock.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { fakeJobs, fakePlan, fakeWorker, temporaryFolder } from '../fake/fake-runs.js';

const driver = fileURLToPath(new URL('signal-driver.mjs', import.meta.url));

/** Starts two slow runs in a process of their own and resolves once they have trained for a while. */
async function startedDriver() {
  const store = temporaryFolder();
  const jobs = await fakeJobs(store, fakePlan({ seeds: 2 }), 2);
  const file = join(store, 'jobs.json');
  writeFileSync(file, JSON.stringify(jobs));
  const command = execaNode(driver, [file, fakeWorker], {
    reject: false,
    nodeOptions: [],
    env: { FAKE_STEP_MS: '10' },
    buffer: { stdout: false },
  });
  let steps = 0;
  await new Promise<void>((resolve) => {
    command.stdout.on('data', (text: Buffer) => {
      steps += text.length;
      if (steps >= 60) resolve();
    });
  });
  return { command, jobs };
}

const pathsOf = ({ job }: TitledJob) => runPaths(job.store, job.runId);

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the condition was not met within ten seconds');
}

const isFree = (folder: string): boolean => {
  const lock = tryLock(folder);
  if ('release' in lock) lock.release();
  return 'release' in lock;
};

describe('a command with runs under way', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('on %s saves checkpoints, says how to resume and ends in %i', async (signal, exitCode) => {
    const { command, jobs } = await startedDriver();
    command.kill(signal);
    const outcome = await command;
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stderr).toBe(
      [
        'error: stopped on request; 0 of 4 runs are finished',
        '  fix:      run the same command again: finished runs are read back and unfinished ones resume from their last checkpoint',
      ].join('\n'),
    );
    for (const job of jobs.slice(0, 2)) {
      expect(listCheckpoints(pathsOf(job).checkpoints).length).toBeGreaterThan(0);
      expect(existsSync(pathsOf(job).result)).toBe(false);
      expect(isFree(pathsOf(job).lock)).toBe(true);
    }
  });

  test('that is killed takes its runs with it', async () => {
    const { command, jobs } = await startedDriver();
    const locks = jobs.slice(0, 2).map((job) => pathsOf(job).lock);
    expect(locks.map(isFree)).toEqual([false, false]);
    command.kill('SIGKILL');
    await command;
    // A lock becomes free when its owner is gone, and nobody else could have released it.
    await until(() => locks.every(isFree));
    const events = readFileSync(pathsOf(jobs[0]!).events, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(readFileSync(pathsOf(jobs[0]!).events, 'utf8')).toBe(events);
  });
});
