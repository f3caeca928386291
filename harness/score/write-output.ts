/** Writes a file that the user named, piece by piece: it appears under its name only when it is complete and on disk. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../errors.js';

/** @throws UserError `file-unreadable` when the folder or the disk refuses; nothing half-written stays behind */
export async function writeOutput(file: string, pieces: Iterable<string>): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  try {
    await pipeline(Readable.from(pieces), createWriteStream(partial, { flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new UserError(
      {
        code: 'file-unreadable',
        what: `cannot write ${file}: ${(error as Error).message}`,
        where: file,
        fix: 'check that the folder exists and may be written',
      },
      { cause: error },
    );
  }
}
