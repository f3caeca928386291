/**
 * `digests.json`: the SHA-256 of every file of a finished record but the lock and the log of its process. It is written right before
 * `result.json` and holds the digest of that as well, so that a finished record is whole or refused. A digest finds damage and careless
 * edits, not forgery: whoever changes a file on purpose can write its digest anew.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { weightsIn } from '../../reference-model/checkpoint/trained-weights.js';
import { writeFileAtomically } from '../../reference-model/files/atomic-file.js';
import { fileSha256, sha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';
import { canonicalJson } from '../files/canonical-json.js';
import { readJson } from '../files/read-input.js';
import { type RunResult, resultText } from './result.js';
import type { RunPaths } from './run-paths.js';
import { requireDigest } from './verified-files.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** By file name in the record's folder. */
const filesSchema = z.record(z.string(), digest);
const digestsSchema = z.strictObject({ schemaVersion: z.literal(1), files: filesSchema, checksum: digest });

/** What the names of weights begin with, in one file or in shards. */
const WEIGHTS = 'weights';

/** The files that every finished record has, beside its weights. */
const sealed = [
  'config',
  'provenance',
  'events',
  'predictions',
  'examples',
] as const satisfies readonly (keyof RunPaths)[];

/** Closes a record whose files are all in place but its result: writes the digests, and last the result. */
export function closeRecord(paths: RunPaths, result: RunResult): void {
  const text = resultText(result);
  sealRecord(paths, text);
  writeFileAtomically(paths.result, text);
}

function sealRecord(paths: RunPaths, result: string): void {
  const files: Record<string, string> = {};
  for (const name of sealed) files[basename(paths[name])] = fileSha256(paths[name]);
  for (const file of [paths.tokenizer, paths.reading]) {
    if (existsSync(file)) files[basename(file)] = fileSha256(file);
  }
  const { digested, isSharded } = weightsIn(paths.folder);
  // The digest of an index of shards stands in the result, which is sealed itself.
  if (!isSharded) files[basename(digested)] = fileSha256(digested);
  files[basename(paths.result)] = sha256(result);
  const checksum = sha256(canonicalJson(files));
  writeFileAtomically(paths.digests, `${JSON.stringify({ schemaVersion: 1, files, checksum }, null, 2)}\n`);
}

/** Whether damage to any file of the record would be seen; records of earlier versions hold digests of weights and predictions only. */
export const isSealed = ({ schemaVersion }: Pick<RunResult, 'schemaVersion'>): boolean => schemaVersion >= 2;

/**
 * @param weights whether the weights are read as well, which are by far the largest file
 * @throws UserError `record-corrupt` for a file that is missing or was changed; nothing is asked of records of earlier versions
 */
export function requireSealed(
  { folder, digests, events, result: resultFile }: RunPaths,
  result: RunResult,
  { weights = true }: { readonly weights?: boolean } = {},
): void {
  if (!isSealed(result)) return;
  const files = readDigests(digests);
  const least = [events, resultFile].map((file) => basename(file));
  if (least.some((name) => files[name] === undefined)) throw unusable(digests);
  for (const [name, expected] of Object.entries(files)) {
    if (weights || !name.startsWith(WEIGHTS)) requireDigest(join(folder, name), expected);
  }
}

function readDigests(file: string): Readonly<Record<string, string>> {
  try {
    const { files, checksum } = digestsSchema.parse(readJson(file));
    const isOwn = Object.keys(files).every((name) => name === basename(name) && !name.startsWith('.'));
    if (isOwn && sha256(canonicalJson(files)) === checksum) return files;
  } catch {
    // Missing, not JSON or not of this shape: the one error below says all that matters.
  }
  throw unusable(file);
}

function unusable(file: string): UserError {
  return new UserError({
    code: 'record-corrupt',
    what: `the digests of a finished run are ${existsSync(file) ? 'damaged' : 'missing'}`,
    where: file,
    fix: 'restore the file, or delete the folder of this run and run again; it will be trained anew',
  });
}
