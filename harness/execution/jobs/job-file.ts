/**
 * Runs as files, so that any machine which sees the store can perform them: `<store>/jobs/<run-id>.json` holds everything but the place of
 * the store, which is where the file lies. Beside it an attempt that failed leaves why (`<run-id>.failure.json`).
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../../reference-model/files/atomic-file.js';
import { UserError } from '../../errors.js';
import { readJson } from '../../files/read-input.js';
import { existsAnew } from '../../files/seen-anew.js';
import { provenanceSchema } from '../../records/provenance.js';
import { runIdOf } from '../../records/run-identity.js';
import type { RunJob } from '../../run/run-job.js';
import { runConfigSchema } from '../../suite/run-config-schema.js';
import type { TitledRun } from '../executor.js';

const jobFileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  title: z.string(),
  runId: z.string().regex(/^[\w-]+$/),
  identity: z.strictObject({
    config: runConfigSchema,
    dataFingerprint: z.string(),
    weights: z.string().exactOptional(),
    codeVersion: z.string(),
    engineNumerics: z.string(),
  }),
  engine: z.enum(['auto', 'wasm', 'tensorflow', 'torch']),
  masks: z.enum(['causal', 'mixed']).exactOptional(),
  device: z.enum(['cpu', 'gpu']).exactOptional(),
  place: z
    .strictObject({
      dataRoot: z.string().exactOptional(),
      declaration: z.string().exactOptional(),
      workers: z.int().min(0).exactOptional(),
      allowBroken: z.int().min(0).exactOptional(),
      weights: z.string().exactOptional(),
    })
    .exactOptional(),
  provenance: provenanceSchema,
  jobs: z.int().min(1),
  forkFrom: z.strictObject({ runId: z.string().regex(/^[\w-]+$/), step: z.int().min(0) }).exactOptional(),
});

export const jobsFolder = (store: string): string => join(store, 'jobs');

function jobFile({ store, runId }: Pick<RunJob, 'store' | 'runId'>): string {
  return join(jobsFolder(store), `${runId}.json`);
}

/** Writes the file of a run unless it says the same already; forgets why an earlier attempt failed. */
export function writeJobFile({ title, job: { store, ...job } }: TitledRun): string {
  const file = jobFile({ store, runId: job.runId });
  const text = `${JSON.stringify({ schemaVersion: 1, title, ...job }, null, 2)}\n`;
  if (!existsAnew(file) || readFileSync(file, 'utf8') !== text) writeFileAtomically(file, text);
  writeFailure({ store, runId: job.runId }, []);
  return file;
}

/**
 * @throws UserError `file-unreadable`, `data-invalid`, or `record-corrupt` for a file that is none of these, lies elsewhere, or was changed
 */
export function readJobFile(file: string): TitledRun {
  const path = resolve(file);
  const parsed = jobFileSchema.safeParse(readJson(path));
  const store = dirname(dirname(path));
  if (parsed.success) {
    const { schemaVersion: _, title, ...job } = parsed.data;
    const run = { title, job: { ...job, store } as RunJob };
    if (jobFile(run.job) === path && runIdOf(run.job.identity) === run.job.runId) return run;
  }
  throw new UserError({
    code: 'record-corrupt',
    what: `${basename(path)} is not the file of a run, or was changed`,
    where: path,
    expected: '<results>/jobs/<run id>.json, as an executor or --print-jobs writes it',
    fix: 'run the command that planned the runs again; it writes the file anew',
  });
}

const problemSchema = z.strictObject({
  what: z.string(),
  where: z.string().exactOptional(),
  expected: z.string().exactOptional(),
  fix: z.string(),
});

export type JobProblem = z.infer<typeof problemSchema>;

const failureFile = ({ store, runId }: Pick<RunJob, 'store' | 'runId'>): string =>
  join(jobsFolder(store), `${runId}.failure.json`);

/** Keeps why an attempt failed, or with an empty list that the latest one did not. */
export function writeFailure(job: Pick<RunJob, 'store' | 'runId'>, problems: readonly JobProblem[]): void {
  if (problems.length === 0 && !existsAnew(failureFile(job))) return;
  const kept = problems.map(({ what, where, expected, fix }) => ({ what, where, expected, fix }));
  writeFileAtomically(failureFile(job), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Why the latest attempt failed, as far as it could tell; empty where it did not fail, or ended too suddenly to tell. */
export function readFailure(job: Pick<RunJob, 'store' | 'runId'>): readonly JobProblem[] {
  if (!existsAnew(failureFile(job))) return [];
  const parsed = z.array(problemSchema).safeParse(readJson(failureFile(job)));
  return parsed.success ? parsed.data : [];
}
