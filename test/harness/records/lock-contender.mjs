/** A process that fights for a lock: `die` takes it and ends without releasing, `count` increments a file under it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { tryLock, waitForLock } from '../../../dist/harness/records/lock.js';

const [folder, what, counter, times] = process.argv.slice(2);
if (what === 'die') {
  if (!('release' in tryLock(folder))) throw new Error('the lock is held');
} else {
  for (let time = 0; time < Number(times); time++) {
    const lock = await waitForLock(folder);
    const value = Number(readFileSync(counter, 'utf8'));
    await pause(5);
    writeFileSync(counter, String(value + 1));
    lock.release();
  }
}
