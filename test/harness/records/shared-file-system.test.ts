/** One store on several machines, as NFS shows it to each: late, from memory, and with answers that were lost on the way. */
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import { FollowedRun } from '../../../harness/execution/cluster/followed-run.js';
import { newSubmission, recordSubmission, submittedJobs } from '../../../harness/execution/cluster/submissions.js';
import { readFailure, writeFailure } from '../../../harness/execution/jobs/job-file.js';
import { existsAnew } from '../../../harness/files/seen-anew.js';
import { requireSiteRoot } from '../../../harness/publish/site-folder.js';
import { evaluationImagesFile, readEvaluationImages } from '../../../harness/records/evaluation-images.js';
import { evaluationPaths, isEvaluation } from '../../../harness/records/evaluation-record.js';
import { beat, beatText, heartbeat, stands, Watch } from '../../../harness/records/heartbeat.js';
import { tryLock, waitForLock } from '../../../harness/records/lock.js';
import { ownIdentity } from '../../../harness/records/process-identity.js';
import { runPaths } from '../../../harness/records/run-paths.js';
import { readFinishedResult } from '../../../harness/records/run-record.js';
import { performRun } from '../../../harness/run/perform-run.js';
import type { RunJob, RunProgress } from '../../../harness/run/run-job.js';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { fillFolderAtomically } from '../../../reference-model/files/atomic-folder.js';
import { namesIn } from '../../../reference-model/files/folder-names.js';
import { readBytes } from '../../../reference-model/files/regular-file.js';
import { fakeMachinery } from '../fake/fake-machinery.mjs';
import { fakeJobs, fakePlan, temporaryFolder } from '../fake/fake-runs.js';
import { failingOnce, type RememberingClient, rememberingClient } from '../fake/remembering-client.js';

let client: RememberingClient | undefined;
let undo = () => {};
afterEach(() => {
  client?.remove();
  client = undefined;
  undo();
  undo = () => {};
  vi.restoreAllMocks();
});

const newJob = async (): Promise<RunJob> => (await fakeJobs(temporaryFolder(), fakePlan({ smoke: true })))[0]!.job;

function perform(job: RunJob, { onProgress = () => {}, train = fakeMachinery.train }: Partial<Performing> = {}) {
  return performRun(job, {
    machinery: { ...fakeMachinery, train },
    onProgress,
    signal: new AbortController().signal,
  });
}

function listener() {
  const told: string[] = [];
  return { told, onProgress: ({ type }: RunProgress) => told.push(type) };
}

interface Performing {
  readonly onProgress: (progress: RunProgress) => void;
  readonly train: typeof fakeMachinery.train;
}

function imagesError(store: string): UserError | undefined {
  try {
    readEvaluationImages(store, 'f', 'test');
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  return undefined;
}

const elsewhere = 'elsewhere~1~0badb007.1.5~0123456789ab';

describe('what another machine wrote after this one looked', () => {
  test('is a result that is read back, and nothing is trained or written over', async () => {
    const job = await newJob();
    const paths = runPaths(job.store, job.runId);
    client = rememberingClient();
    expect(readFinishedResult(paths)).toBeUndefined();
    const result = await client.elsewhere(() => perform(job));
    const before = readFileSync(paths.provenance);
    const train = vi.fn(fakeMachinery.train);
    expect(await perform(job, { train })).toEqual(result);
    expect(train).not.toHaveBeenCalled();
    expect(readFileSync(paths.provenance)).toEqual(before);
  });

  test.each<[string, (store: string) => unknown, (store: string) => void, unknown]>([
    [
      'why a run failed',
      (store) => readFailure({ store, runId: 'a' }),
      (store) => writeFailure({ store, runId: 'a' }, [{ what: 'full', fix: 'free some space' }]),
      [{ what: 'full', fix: 'free some space' }],
    ],
    [
      'a submission',
      (store) => [...submittedJobs(join(store, 'jobs', 'slurm'))],
      (store) => recordSubmission(join(store, 'jobs', 'slurm'), 's', [{ runId: 'a', handle: '1_0' }]),
      [['a', '1_0']],
    ],
    [
      'an evaluation',
      (store) => isEvaluation(join(store, 'later')),
      (store) => writeFileAtomically(evaluationPaths(join(store, 'later')).record, ''),
      true,
    ],
    [
      'the images of one',
      (store) => imagesError(store)?.problems[0]?.code,
      (store) => writeFileAtomically(evaluationImagesFile(store, 'f', 'test'), ''),
      'record-corrupt',
    ],
    [
      'a file in folders that are new as well',
      (store) => existsAnew(join(store, 'a', 'b', 'c')),
      (store) => writeFileAtomically(join(store, 'a', 'b', 'c'), ''),
      true,
    ],
  ])('is seen at once: %s', async (_, read, write, expected) => {
    const store = temporaryFolder();
    mkdirSync(join(store, 'jobs'));
    client = rememberingClient();
    expect(read(store)).not.toEqual(expected);
    await client.elsewhere(() => write(store));
    expect(read(store)).toEqual(expected);
  });

  test('is a log that is followed', async () => {
    const job = await newJob();
    client = rememberingClient();
    const seen: string[] = [];
    const followed = new FollowedRun({ job, title: 'a', onProgress: ({ type }) => seen.push(type) });
    followed.look();
    const { onProgress, told } = listener();
    await client.elsewhere(() => perform(job, { onProgress }));
    followed.look();
    expect(seen.filter((type) => type === 'step')).toHaveLength(told.filter((type) => type === 'step').length);
    expect(seen).toContain('step');
  });

  test('is seen by whoever takes the lock that was held meanwhile', async () => {
    const store = temporaryFolder();
    const lock = join(store, 'lock');
    const answers = join(store, 'answers.jsonl');
    client = rememberingClient();
    const fs = await import('node:fs');
    expect(fs.existsSync(answers)).toBe(false);
    await client.elsewhere(() => writeFileSync(answers, 'an answer\n'));
    expect('release' in tryLock(lock)).toBe(true);
    expect(fs.existsSync(answers)).toBe(true);
  });

  test('sorts behind it though its clock is ahead', () => {
    const folder = temporaryFolder();
    const now = Date.UTC(2026, 0, 31, 23, 55);
    const ahead = newSubmission(folder, now + 600_000);
    recordSubmission(folder, ahead, [{ runId: 'a', handle: '1_0' }]);
    const own = newSubmission(folder, now);
    recordSubmission(folder, own, [{ runId: 'a', handle: '2_0' }]);
    expect(own > ahead).toBe(true);
    expect(newSubmission(folder, now + 1_200_000) > own).toBe(true);
    expect(submittedJobs(folder).get('a')).toBe('2_0');
  });
});

describe('a claim that another machine removed', () => {
  test('is missed by its owner, whatever this machine remembers of it', async () => {
    const folder = join(temporaryFolder(), 'lock');
    client = rememberingClient();
    const lock = tryLock(folder);
    if (!('release' in lock)) throw new Error('the lock is held');
    const [claim] = readdirSync(folder);
    const fs = await import('node:fs');
    expect(fs.existsSync(join(folder, claim!))).toBe(true);
    await client.elsewhere(() => rmSync(join(folder, claim!)));
    expect(fs.existsSync(join(folder, claim!))).toBe(true);
    expect(lock.isHeld()).toBe(false);
    lock.release();
  });

  test.each(['ENOENT', 'ESTALE'])('is told by %s; an answer that is late is none', (code) => {
    const file = join(temporaryFolder(), elsewhere);
    writeFileSync(file, beatText(0));
    for (const [said, expected] of [
      [code, false],
      ['EIO', true],
      ['ETIMEDOUT', true],
    ] as const) {
      for (const ask of [() => stands(file), () => beat(file, 1)]) {
        undo = failingOnce('openSync', said);
        expect(ask()).toBe(expected);
        undo();
      }
    }
  });

  test('ends the run of its owner with one error, and leaves the record to the other', async () => {
    const job = await newJob();
    const paths = runPaths(job.store, job.runId);
    let others: Promise<unknown> | undefined;
    const takeOver = () => {
      for (const name of readdirSync(paths.lock)) rmSync(join(paths.lock, name));
      others = perform(job);
      return others;
    };
    const contents = () =>
      readdirSync(paths.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'hex')]);
    let before: unknown;
    const asleep = perform(job, {
      train: async (training) => {
        const model = await fakeMachinery.train(training);
        await takeOver();
        before = contents();
        return model;
      },
    });
    const error = await asleep.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain('another machine took the run over');
    expect(contents()).toEqual(before);
    expect(readFinishedResult(paths)).toEqual(await others);
  });
});

describe('a machine that was switched off', () => {
  test('leaves no part of a file once its run is taken over', async () => {
    const job = await newJob();
    const { folder } = runPaths(job.store, job.runId);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'weights.safetensors.tmp-4711-0a1b2c3d'), 'half of th');
    await perform(job);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });
});

describe('a file that was removed while it was open', () => {
  test('leaves a folder empty to whoever wants an empty one', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.nfs00000000014000250000000b'), '');
    expect(namesIn(folder)).toEqual([]);
    expect(() => requireSiteRoot(folder, 'manifest.json')).not.toThrow();
    writeFileSync(join(folder, '.nfs-notes'), '');
    expect(namesIn(folder)).toEqual(['.nfs-notes']);
    expect(() => requireSiteRoot(folder, 'manifest.json')).toThrow('the folder is not empty');
  });
});

describe('a server that does not answer for minutes', () => {
  test('costs no owner its lock; one that stays silent afterwards loses it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, elsewhere), beatText(3));
    // A look asks for the time twice.
    let [passed, step] = [0, 0];
    const real = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => {
      passed += step;
      return real() + passed * 1000;
    });
    let isTaken = false;
    const waiting = waitForLock(folder).then((lock) => {
      isTaken = true;
      return lock;
    });
    const looks = () => new Promise((resolve) => setTimeout(resolve, 1000));
    await looks();
    passed += heartbeat.lostAfter * 3;
    await looks();
    expect(isTaken).toBe(false);
    step = heartbeat.every;
    for (let second = 0; second < 30 && !isTaken; second++) await looks();
    expect(isTaken).toBe(true);
    (await waiting).release();
  });

  test('makes no error of a run whose claim it cannot remove now; that is tried again', async () => {
    const job = await newJob();
    const { lock } = runPaths(job.store, job.runId);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    undo = failingOnce('rmSync', 'EIO', { of: '~' });
    expect(await perform(job)).toMatchObject({ runId: job.runId });
    undo();
    expect(readdirSync(lock)).toHaveLength(1);
    vi.advanceTimersByTime(heartbeat.every * 1000);
    expect(readdirSync(lock)).toEqual([]);
    vi.useRealTimers();
  });
});

describe('a disk or a server that fails while a lock is asked for', () => {
  const { host, pid } = ownIdentity();
  const dead = `${host}~${pid}~an.earlier.start~0123456789ab`;

  test.each([
    ['writeFileSync', 'ENOSPC', '~'],
    ['readdirSync', 'ESTALE', ''],
    ['rmSync', 'EIO', dead],
  ] as const)('leaves no claim of one who goes on without it: %s', (name, code, of) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, dead), '');
    undo = failingOnce(name, code, { of, afterwards: name === 'writeFileSync' });
    expect(() => tryLock(folder)).toThrow(code);
    undo();
    expect(readdirSync(folder)).toEqual([dead]);
    expect('release' in tryLock(folder)).toBe(true);
  });

  test('makes no error of a claim that cannot be withdrawn now; that is tried again', () => {
    const folder = temporaryFolder();
    expect('release' in tryLock(folder)).toBe(true);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    undo = failingOnce('rmSync', 'EIO', { of: '~' });
    expect(tryLock(folder)).toEqual({ heldBy: ownIdentity() });
    undo();
    expect(readdirSync(folder)).toHaveLength(2);
    vi.advanceTimersByTime(heartbeat.every * 1000);
    expect(readdirSync(folder)).toHaveLength(1);
    vi.useRealTimers();
  });

  test('leaves an empty claim, which belongs to nobody when it stays so', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, elsewhere), '');
    const watch = new Watch();
    watch.isLost(join(folder, elsewhere), performance.now() / 1000 - heartbeat.lostAfter - 1);
    expect('release' in tryLock(folder, watch)).toBe(true);
  });

  test('leaves no descriptor of a claim that is gone when it is written', async () => {
    const file = join(temporaryFolder(), elsewhere);
    writeFileSync(file, beatText(0));
    const fs = await import('node:fs');
    const close = vi.spyOn(fs.default, 'closeSync');
    undo = failingOnce('writeSync', 'ESTALE');
    syncBuiltinESMExports();
    expect(beat(file, 1)).toBe(false);
    expect(close).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
});

describe('an answer of the server', () => {
  test('that was lost makes no error of a rename that was done', async () => {
    const folder = temporaryFolder();
    undo = failingOnce('renameSync', 'ENOENT', { afterwards: true });
    writeFileAtomically(join(folder, 'file'), 'whole');
    undo();
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('whole');
    undo = failingOnce('renameSync', 'ENOENT', { afterwards: true, of: '.tmp-' });
    const filled = await fillFolderAtomically(folder, async (temporary) => {
      writeFileSync(join(temporary, 'part'), 'of it');
      return 'inside';
    });
    undo();
    expect(readdirSync(folder).sort()).toEqual(['file', 'inside']);
    expect(readFileSync(join(filled, 'part'), 'utf8')).toBe('of it');
  });

  test('that there is nothing to rename is an error where nothing was renamed, also over an earlier file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileAtomically(file, 'earlier');
    undo = failingOnce('renameSync', 'ENOENT');
    expect(() => writeFileAtomically(file, 'later')).toThrow(/ENOENT/);
    undo();
    expect(readFileSync(file, 'utf8')).toBe('earlier');
  });

  test('that a file was replaced while it was read has it read again, a few times', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'whole');
    utimesSync(file, 1, 1);
    undo = failingOnce('readSync', 'ESTALE');
    expect(readBytes(file).toString()).toBe('whole');
  });
});
