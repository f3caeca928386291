import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beat, beatText, heartbeat, keepBeating, Watch } from '../../../harness/records/heartbeat.js';
import { tryLock, waitForLock } from '../../../harness/records/lock.js';
import { ownIdentity } from '../../../harness/records/process-identity.js';
import { temporaryFolder } from '../fake/fake-runs.js';

const run = promisify(execFile);
const contender = fileURLToPath(new URL('lock-contender.mjs', import.meta.url));

describe('the lock of a record', () => {
  test('is held by one at a time, and says by whom', () => {
    const folder = temporaryFolder();
    const lock = tryLock(folder);
    expect(tryLock(folder)).toEqual({ heldBy: ownIdentity() });
    if ('release' in lock) lock.release();
    expect('release' in tryLock(folder)).toBe(true);
  });

  test('is taken over from a process that is gone', async () => {
    const folder = temporaryFolder();
    await run(process.execPath, [contender, folder, 'die']);
    expect(readdirSync(folder)).toHaveLength(1);
    expect('release' in tryLock(folder)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('is taken over from a process whose pid now belongs to another', () => {
    const folder = temporaryFolder();
    const { host, pid } = ownIdentity();
    writeFileSync(join(folder, `${host}~${pid}~an.earlier.start~0123456789ab`), '');
    expect('release' in tryLock(folder)).toBe(true);
  });

  test('is respected when it is held on another machine', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'elsewhere~1~1~0123456789ab'), '');
    expect(tryLock(folder)).toEqual({ heldBy: { host: 'elsewhere', pid: 1, started: '1' } });
  });

  test('stops waiting when it is told to', async () => {
    const folder = temporaryFolder();
    tryLock(folder);
    const stop = new AbortController();
    const held: number[] = [];
    const waiting = waitForLock(folder, { signal: stop.signal, onWait: ({ pid }) => held.push(pid) });
    setTimeout(() => stop.abort(new Error('enough')), 300);
    await expect(waiting).rejects.toThrow('enough');
    expect(held).toEqual([process.pid]);
  });

  test('never lets two of several processes in, with a dead one among the claims', async () => {
    const folder = temporaryFolder();
    const lock = join(folder, 'lock');
    const counter = join(folder, 'counter');
    mkdirSync(lock);
    writeFileSync(counter, '0');
    await run(process.execPath, [contender, lock, 'die']);
    await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [contender, lock, 'count', counter, '6'])));
    // Reading, pausing and writing back loses increments whenever two are inside at once.
    expect(readFileSync(counter, 'utf8')).toBe('24');
    expect(readdirSync(lock)).toEqual([]);
  });
});

describe('the owner of a lock on another machine', () => {
  const claim = (folder: string, content: string, name = 'elsewhere~1~0badb007.1.5~0123456789ab') => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test('is alive while its claim changes, and gone when that stays as it is for too long by the clock of who waits', () => {
    const gaps = fc.array(fc.record({ seconds: fc.double({ min: 0, max: 300, noNaN: true }), beats: fc.boolean() }));
    fc.assert(
      fc.property(gaps, (looks) => {
        const folder = temporaryFolder();
        const file = claim(folder, beatText(0));
        const watch = new Watch();
        let [now, count, unchanged] = [1000, 0, 0];
        watch.isLost(file, now);
        for (const { seconds, beats } of looks) {
          now += seconds;
          if (beats) beat(file, ++count);
          unchanged = beats ? 0 : unchanged + seconds;
          expect(watch.isLost(file, now)).toBe(unchanged > heartbeat.lostAfter);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('is asked for again and again, and then its claim is removed', () => {
    const folder = temporaryFolder();
    const file = claim(folder, beatText(3));
    const watch = new Watch();
    const owner = { heldBy: { host: 'elsewhere', pid: 1, started: '0badb007.1.5' } };
    expect(tryLock(folder, watch)).toEqual(owner);
    expect(tryLock(folder)).toEqual(owner);
    expect(watch.isLost(file, performance.now() / 1000 + heartbeat.lostAfter + 1)).toBe(true);
    const patient = new Watch();
    patient.isLost(file, performance.now() / 1000 - heartbeat.lostAfter - 1);
    expect('release' in tryLock(folder, patient)).toBe(true);
    expect(readdirSync(folder).some((name) => name.startsWith('elsewhere'))).toBe(false);
  });

  test('is never judged by a pid of this machine, though it has its name', () => {
    const folder = temporaryFolder();
    const { host } = ownIdentity();
    // No process has that pid here; what has it was started under another boot.
    claim(folder, beatText(0), `${host}~4194304~0badb007.1.5~0123456789ab`);
    expect('heldBy' in tryLock(folder)).toBe(true);
    const container = ownIdentity().started.replace(/\.\d+\./, '.1.');
    const other = temporaryFolder();
    claim(other, beatText(0), `${host}~4194304~${container}~0123456789ab`);
    expect('heldBy' in tryLock(other)).toBe(true);
  });

  test('finds out when it was judged dead', async () => {
    const folder = temporaryFolder();
    const lock = tryLock(folder);
    if (!('release' in lock)) throw new Error('the lock is held');
    expect(lock.isHeld()).toBe(true);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    expect(lock.isHeld()).toBe(false);
    lock.release();
    // And its thread does not bring the claim back.
    const file = claim(folder, beatText(0));
    const beating = keepBeating(file, 0.02);
    await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 20_000 }).not.toBe(beatText(0));
    rmSync(file);
    await expect.poll(() => beating.isLost(), { timeout: 20_000 }).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    beating.stop();
  });

  test('beats while its main thread is busy', async () => {
    const folder = temporaryFolder();
    const file = claim(folder, beatText(0));
    const beating = keepBeating(file, 0.02);
    await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 20_000 }).not.toBe(beatText(0));
    const before = readFileSync(file, 'utf8');
    const busy = new Int32Array(new SharedArrayBuffer(4));
    for (let waits = 0; readFileSync(file, 'utf8') === before && waits < 1000; waits++) Atomics.wait(busy, 0, 0, 20);
    expect(readFileSync(file, 'utf8')).not.toBe(before);
    beating.stop();
  });
});
