/**
 * Follows a run by what it leaves in the store: the events that its log has gained since the last look, and its result. Nothing is read
 * twice, and nothing at all while the log does not grow.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { systemCodeOf } from '../../../reference-model/files/system-errors.js';
import { existsAnew } from '../../files/seen-anew.js';
import type { RunEvent } from '../../measures/run-events.js';
import type { RunResult } from '../../records/result.js';
import { runPaths } from '../../records/run-paths.js';
import { readFinishedResult } from '../../records/run-record.js';
import type { RunToPerform } from '../executor.js';

export class FollowedRun {
  readonly run: RunToPerform;
  readonly #events: string;
  #position: number;
  #step = 0;

  /** Events from now on: what an earlier attempt logged is past. */
  constructor(run: RunToPerform) {
    this.run = run;
    this.#events = runPaths(run.job.store, run.job.runId).events;
    this.#position = this.#size();
  }

  get lastStep(): number {
    return this.#step;
  }

  /** @throws UserError `record-corrupt` for a result whose files are damaged */
  result(): RunResult | undefined {
    return readFinishedResult(runPaths(this.run.job.store, this.run.job.runId));
  }

  /** Reports the events that are new. */
  look(): void {
    for (const line of this.#newLines()) {
      let event: (RunEvent & { readonly time: number }) | undefined;
      try {
        event = JSON.parse(line);
      } catch {
        // The log was cut back to a checkpoint meanwhile, inside of what had been read.
      }
      if (event !== undefined) this.#report(event);
    }
  }

  #report(event: RunEvent & { readonly time: number }): void {
    const { onProgress } = this.run;
    switch (event.type) {
      case 'session-started':
        if (event.resumedFromStep > 0) onProgress({ type: 'resuming', step: event.resumedFromStep }, event.time);
        break;
      case 'training-finished':
        onProgress({ type: 'evaluating' }, event.time);
        break;
      case 'image-left-out':
        onProgress(event, event.time);
        break;
      case 'step':
        this.#step = event.step;
        onProgress(event, event.time);
        break;
      case 'forked':
      case 'finished':
      case 'validation':
      case 'checkpoint':
        break;
      default:
        event satisfies never;
    }
  }

  #size(): number {
    const descriptor = this.#open();
    if (descriptor === undefined) return 0;
    try {
      return fstatSync(descriptor).size;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Opening it anew each time is what makes a shared file system show what another machine wrote. */
  #newLines(): readonly string[] {
    const descriptor = this.#open();
    if (descriptor === undefined) return [];
    try {
      const { size } = fstatSync(descriptor);
      // Cut back: what is left of it was seen.
      if (size < this.#position) this.#position = size;
      const bytes = Buffer.alloc(Math.min(size - this.#position, largestLook));
      const read = readSync(descriptor, bytes, 0, bytes.length, this.#position);
      const end = bytes.subarray(0, read).lastIndexOf(0x0a) + 1;
      this.#position += end;
      return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
    } catch (error) {
      // Another machine replaced it since it was opened, or the server does not answer: the next look tells.
      if (systemCodeOf(error) === undefined) throw error;
      return [];
    } finally {
      closeSync(descriptor);
    }
  }

  #open(): number | undefined {
    try {
      return existsAnew(this.#events) ? openSync(this.#events, 'r') : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Of one log at a time; the rest is read at the next look. */
const largestLook = 2 ** 22;
