/** Whole reads and writes of ranges of a file: one system call may move fewer bytes than asked, and none moves 2 GiB. */
import { readSync, writeSync } from 'node:fs';
import { systemCodeOf } from './system-errors.js';

const LARGEST_CALL = 2 ** 28;

/**
 * Fills `bytes` from a place in the file.
 * @throws RangeError naming the file when it ends before
 */
export function readExactly(descriptor: number, bytes: Uint8Array, position: number, file: string): void {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(LARGEST_CALL, bytes.length - done);
    const read = readSync(descriptor, bytes, done, length, position + done);
    if (read === 0) throw new RangeError(`${file} ends ${bytes.length - done} bytes early.`);
    done += read;
  }
}

/** Appends all of `bytes` where the file stands. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSome(descriptor, bytes, done);
}

function writeSome(descriptor: number, bytes: Uint8Array, from: number): number {
  for (;;) {
    try {
      return writeSync(descriptor, bytes, from, Math.min(LARGEST_CALL, bytes.length - from));
    } catch (error) {
      // A pipe that does not block is full until its reader takes something.
      if (systemCodeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
