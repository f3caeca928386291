/**
 * The event log of a run (`events.jsonl`): append-only, one JSON object a line, each with its wall-clock time. Only the last
 * line can be torn by a crash; it is dropped on reading. Times live here and never in `result.json`.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { writeFully } from '../../reference-model/files/file-bytes.js';
import { sha256 } from '../../reference-model/files/hashing.js';
import { namingUnnamed, systemCodeOf } from '../../reference-model/files/system-errors.js';
import type { LeftOutImage } from '../../reference-model/training/left-out-images.js';
import { UserError } from '../errors.js';
import { parseJson, readWholeLines } from '../files/read-input.js';
import { existsAnew } from '../files/seen-anew.js';
import type { RunEvent } from '../measures/run-events.js';

export type RecordedEvent = RunEvent & {
  /** Milliseconds since 1970. */
  readonly time: number;
};

/** How long a log was at some moment, and the SHA-256 of what it held: its later content must begin with the same. */
export interface LogState {
  readonly bytes: number;
  readonly sha256: string;
}

export interface EventLog {
  append(event: RunEvent): void;
  /** Forces everything appended so far to disk. @returns what the log holds then, by what was written and not by what can be read */
  sync(): LogState;
  /** What was not forced to disk before may be lost. */
  close(): void;
}

export function openEventLog(file: string): EventLog {
  const begun = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const hash = createHash('sha256').update(begun);
  let bytes = begun.length;
  const descriptor = openSync(file, 'a');
  return {
    append: (event) => {
      const line = Buffer.from(`${JSON.stringify({ ...event, time: Date.now() })}\n`);
      namingUnnamed(file, () => writeFully(descriptor, line));
      hash.update(line);
      bytes += line.length;
    },
    sync: () => {
      namingUnnamed(file, () => fsyncSync(descriptor));
      return { bytes, sha256: hash.copy().digest('hex') };
    },
    close: () => {
      try {
        closeSync(descriptor);
      } catch (error) {
        // A server tells of bytes that it could not take at the end; a log that matters was synced, and what failed is being told.
        if (systemCodeOf(error) === undefined) throw error;
      }
    },
  };
}

/**
 * @param state of the log when a checkpoint was saved, or when the run had finished
 * @throws UserError `record-corrupt` when the log does not begin with what it held then
 */
export function requireLogState(file: string, { bytes, sha256: digest }: LogState): void {
  const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (content.length >= bytes && sha256(content.subarray(0, bytes)) === digest) return;
  throw new UserError({
    code: 'record-corrupt',
    what: 'the event log was changed: it does not begin with what it held when the checkpoint was saved',
    where: file,
    expected: `SHA-256 ${digest} over its first ${bytes} bytes`,
    fix: 'restore the file, or delete the folder of this run and run again; it will be trained anew',
  });
}

/**
 * All whole events of a log, in order; none if there is no log.
 * @throws UserError `record-corrupt` when a line other than the last is not JSON
 */
export function readEvents(file: string): readonly RecordedEvent[] {
  if (!existsAnew(file)) return [];
  // The line feed is written with the line, so what follows the last one was cut short, even if it parses.
  const lines = readWholeLines(file);
  return lines.map((line, index) => parseEvent(line, { file, lineNumber: index + 1 }));
}

function parseEvent(line: string, { file, lineNumber }: { file: string; lineNumber: number }): RecordedEvent {
  try {
    const event: unknown = parseJson(line, `${file}:${lineNumber}`);
    if (typeof event === 'object' && event !== null && 'type' in event && 'time' in event)
      return event as RecordedEvent;
  } catch {
    // Falls through to the one error below.
  }
  throw new UserError({
    code: 'record-corrupt',
    what: 'the event log holds a line that is not an event',
    where: `${file}:${lineNumber}`,
    expected: 'one JSON object with a type and a time',
    fix: 'delete the folder of this run and run again; it will be trained anew',
  });
}

/**
 * Cuts the log back to a checkpoint: what came after it will happen again. Sessions stay, as they tell how often the run was resumed.
 */
export function rewindEvents(file: string, step: number): void {
  const kept = readEvents(file).filter((event) => {
    switch (event.type) {
      case 'step':
      case 'validation':
      case 'checkpoint':
      case 'forked':
      case 'image-left-out':
        // Without a checkpoint the training starts over, and validates before its first step again.
        return step > 0 && event.step <= step;
      case 'session-started':
        return true;
      case 'training-finished':
      case 'finished':
        return false;
      default:
        return event satisfies never;
    }
  });
  writeFileAtomically(file, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** The last step of the unbroken sequence 1, 2, 3 … that the log holds. */
export function lastRecordedStep(events: readonly RecordedEvent[]): number {
  let last = 0;
  for (const event of events) if (event.type === 'step' && event.step === last + 1) last = event.step;
  return last;
}

/** The broken images that the training did without, each once. */
export function leftOutImagesOf(events: readonly RecordedEvent[]): readonly LeftOutImage[] {
  return events.flatMap((event) => {
    if (event.type !== 'image-left-out') return [];
    const { data, imageId, where, problem } = event;
    return [{ data, imageId, where, problem }];
  });
}

/** The run that the first steps were copied from, and how many; undefined where the run trained all of them itself. */
export function forkOf(
  events: readonly RecordedEvent[],
): { readonly runId: string; readonly step: number } | undefined {
  return events.find((event) => event.type === 'forked');
}
