/**
 * What was handed to a scheduler, kept in the store (`jobs/<scheduler>/<submission>.json`), so that the runs can be left and taken up
 * again, by anybody who sees the store. A later submission of the same run counts.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { readJson } from '../../files/read-input.js';
import { lookAnew } from '../../files/seen-anew.js';
import { jobsFolder } from '../jobs/job-file.js';
import type { JobHandle, Scheduler, SubmittedJob } from './scheduler.js';

const submissionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  submitted: z.string(),
  jobs: z.array(z.strictObject({ runId: z.string(), handle: z.string() })),
});

export const submissionsFolder = (store: string, scheduler: Scheduler['name']): string =>
  join(jobsFolder(store), scheduler);

/**
 * Sorts behind those in the folder, also behind those of a machine whose clock is ahead of this one's.
 * @param now milliseconds
 */
export function newSubmission(folder: string, now: number): string {
  const [, last] = /^(\d{8}t\d{6})-/.exec(names(folder).at(-1) ?? '') ?? [];
  const next = last === undefined ? now : Math.max(now, momentOf(last) + 1000);
  return `${timeText(next)}-${randomBytes(3).toString('hex')}`;
}

const timeText = (milliseconds: number): string =>
  new Date(milliseconds)
    .toISOString()
    .replace(/[-:]|\.\d+Z$/g, '')
    .toLowerCase();

function momentOf(time: string): number {
  const [, date, clock] = /^(\d{8})t(\d{6})$/.exec(time)!;
  const day = date!.replace(/^(....)(..)(..)$/, '$1-$2-$3');
  return Date.parse(`${day}T${clock!.replace(/^(..)(..)(..)$/, '$1:$2:$3')}Z`) || 0;
}

export function recordSubmission(folder: string, submission: string, jobs: readonly SubmittedJob[]): void {
  const submitted = { schemaVersion: 1, submitted: new Date().toISOString(), jobs };
  writeFileAtomically(join(folder, `${submission}.json`), `${JSON.stringify(submitted, null, 2)}\n`);
}

/** The latest job of each run. What is not a submission in the folder is left alone. */
export function submittedJobs(folder: string): ReadonlyMap<string, JobHandle> {
  const handles = new Map<string, JobHandle>();
  for (const name of names(folder)) {
    const parsed = submissionSchema.safeParse(readJson(join(folder, name)));
    if (parsed.success) for (const { runId, handle } of parsed.data.jobs) handles.set(runId, handle);
  }
  return handles;
}

function names(folder: string): readonly string[] {
  lookAnew(folder);
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
}
