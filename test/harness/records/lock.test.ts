import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
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
