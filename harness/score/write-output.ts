/** Writes a file that the user named, piece by piece: it appears under its name only when it is complete and on disk. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { writePiecesAtomically } from '../../reference-model/files/atomic-file.js';
import { problemsOf, UserError } from '../errors.js';

/** @throws UserError `file-unreadable` when the folder or the disk refuses; nothing half-written stays behind */
export async function writeOutput(file: string, pieces: Iterable<string>): Promise<void> {
  try {
    // Its folder is not made: a name that is mistyped would make one.
    statSync(dirname(file));
    writePiecesAtomically(file, inChunks(pieces));
  } catch (error) {
    const [problem] = problemsOf(error) ?? [];
    if (problem === undefined) throw error;
    throw new UserError(
      {
        code: 'file-unreadable',
        what: `cannot write ${file}: ${(error as Error).message}`,
        where: file,
        fix: problem.fix,
      },
      { cause: error },
    );
  }
}

/** One write call per line would be slow. */
function* inChunks(pieces: Iterable<string>, size = 1 << 16): Generator<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < size) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
