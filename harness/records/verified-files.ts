/**
 * Comparing files with their digests, once per process: a file that has not been touched since (place, size, time of its last change) is
 * not read again, as one command asks for the same weights several times.
 */
import { type BigIntStats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileSha256 } from '../../reference-model/files/hashing.js';
import { UserError } from '../errors.js';

const known = new Map<string, { readonly state: string; readonly digest: string }>();

const stateOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join();

/** SHA-256 of a file, undefined when there is none. */
export function fileDigest(file: string): string | undefined {
  const path = resolve(file);
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return undefined;
  const state = stateOf(stats);
  const seen = known.get(path);
  if (seen?.state === state) return seen.digest;
  const digest = fileSha256(path);
  known.set(path, { state, digest });
  return digest;
}

/** @throws UserError `record-corrupt` when the file is missing, or its bytes are not those that were written */
export function requireDigest(file: string, digest: string): void {
  const found = fileDigest(file);
  if (found === digest) return;
  throw new UserError({
    code: 'record-corrupt',
    what: found === undefined ? 'the file is missing' : 'the file was changed after the run had finished',
    where: file,
    expected: `SHA-256 ${digest}`,
    fix: 'restore the file, or delete the folder of this run and run again; it will be trained anew',
  });
}
