/**
 * The sign of life of a lock's owner, for machines that cannot see its process: the owner rewrites its claim every few seconds, and whoever
 * waits watches whether that changes, by its own clock, so that clocks need not agree. It beats in a thread of its own: a step of training
 * or an evaluation may keep the main thread busy for minutes.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { systemCodeOf } from '../../reference-model/files/system-errors.js';

/** Seconds from beat to beat; a claim that stays as it is for the longer time belongs to nobody. */
export const heartbeat = { every: 10, lostAfter: 120 } as const;

/**
 * One beat. The file is never created: whoever judged its owner dead has removed it.
 * @returns whether the claim still stands
 */
export function beat(file: string, count: number): boolean {
  return withClaim(file, (descriptor) => writeSync(descriptor, beatText(count), 0));
}

/** Whether the claim still stands. It is opened as a beat does: NFS answers for a minute from memory that a file exists, unless it is opened. */
export function stands(file: string): boolean {
  return withClaim(file, () => {});
}

function withClaim(file: string, work: (descriptor: number) => void): boolean {
  let descriptor: number | undefined;
  let isThere = true;
  try {
    descriptor = openSync(file, 'r+');
    work(descriptor);
  } catch (error) {
    isThere = !isGone(error);
  }
  try {
    // NFS writes at this moment.
    if (descriptor !== undefined) closeSync(descriptor);
  } catch (error) {
    if (isGone(error)) return false;
  }
  return isThere;
}

/** Anything else may pass: a server that does not answer now, too many open files. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ESTALE'].includes(systemCodeOf(error) ?? '');

/** All of one length, so that a later one replaces an earlier one. */
export const beatText = (count: number): string => `${String(count).padStart(10, '0')}\n`;

/** Beats until it is stopped; nothing is started for a lock that is held for a moment only. */
export function keepBeating(file: string, every: number = heartbeat.every): { stop(): void; isLost(): boolean } {
  let worker: Worker | undefined;
  let lost = false;
  const timer = setTimeout(() => {
    const entry = createRequire(import.meta.url).resolve('#package/dist/harness/records/heartbeat-worker.js');
    worker = new Worker(entry, { workerData: { file, every }, execArgv: [] });
    worker.unref();
    worker.on('message', () => {
      lost = true;
    });
    // Without a thread there is no sign of life, and the run goes on all the same.
    worker.on('error', () => {});
  }, every * 1000);
  timer.unref();
  return {
    stop: () => {
      clearTimeout(timer);
      void worker?.terminate();
    },
    isLost: () => lost,
  };
}

/** Watches the claims of owners that cannot be seen from here. */
export class Watch {
  readonly #seen = new Map<string, { readonly beat: string; readonly since: number }>();

  /** @param now seconds of any clock that only runs forwards @returns whether it has not changed for too long */
  isLost(file: string, now: number = performance.now() / 1000): boolean {
    let found: string;
    try {
      found = readFileSync(file, 'utf8');
    } catch {
      return false;
    }
    const seen = this.#seen.get(file);
    if (seen === undefined || seen.beat !== found) {
      this.#seen.set(file, { beat: found, since: now });
      return false;
    }
    return now - seen.since > heartbeat.lostAfter;
  }
}
