/** Reads every byte of finished records once and holds it against the digests that were written with it. */
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { existsAnew } from '../files/seen-anew.js';
import { listCheckpoints, verifyCheckpoint } from './checkpoints.js';
import { examplePng } from './example-images.js';
import { isSealed } from './record-digests.js';
import { readReproduction } from './reproduction.js';
import { runPathsIn } from './run-paths.js';
import { readFinishedRunIn } from './run-record.js';

export interface VerifiedRecord {
  readonly folder: string;
  readonly kind: 'run' | 'reproduction';
  /** False for records of earlier versions, whose event log, provenance and configuration carry no digest. */
  readonly complete: boolean;
}

/**
 * The records that paths mean: the folder of a run or of a reproduction, or a results folder with all that it holds. Runs that have not
 * finished are left out, as they are verified when they are resumed.
 *
 * @throws UserError `record-missing` where there is none, `record-corrupt` naming the file that is damaged
 */
export async function verifyRecords(paths: readonly string[]): Promise<readonly VerifiedRecord[]> {
  const verified: VerifiedRecord[] = [];
  for (const path of paths.map((given) => resolve(given))) {
    const inside = existsAnew(path) ? [path, ...foldersIn(path), ...foldersIn(join(path, 'runs'))] : [];
    const records = inside.flatMap(recordIn);
    if (records.length === 0) {
      throw new UserError({
        code: 'record-missing',
        what: 'there is no finished record here',
        where: path,
        expected: 'a results folder, the folder of a reproduction, or <results>/runs/<run id>',
        fix: 'name the --out folder of an earlier run, or a folder in it',
      });
    }
    for (const verify of records) verified.push(await verify());
  }
  return verified;
}

function foldersIn(path: string): readonly string[] {
  if (!existsAnew(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name))
    .sort();
}

function recordIn(folder: string): readonly (() => Promise<VerifiedRecord>)[] {
  if (existsAnew(runPathsIn(folder).result)) return [() => verifyRun(folder)];
  if (!existsAnew(join(folder, 'reproduction.json'))) return [];
  return [
    async () => {
      readReproduction(folder);
      return { folder, kind: 'reproduction', complete: true };
    },
  ];
}

async function verifyRun(folder: string): Promise<VerifiedRecord> {
  const { result, examples } = readFinishedRunIn(folder);
  const { checkpoints } = runPathsIn(folder);
  for (const checkpoint of listCheckpoints(checkpoints)) verifyCheckpoint(checkpoint, result.runId);
  // A record may have been copied without the pictures beside it; those that are there must be whole.
  const isInStore = basename(resolve(folder, '..')) === 'runs';
  if (isInStore) for (const example of examples) await examplePng(example);
  return { folder, kind: 'run', complete: isSealed(result) };
}
