/**
 * Where the bytes of a file belong when the path may be anything: a regular file is to be replaced, at the end of its symbolic links; into
 * a device, a pipe or an open descriptor (`/dev/stdout`) bytes are written as they come, since a rename would replace the node itself.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { writeFully } from './file-bytes.js';
import { namingFile, systemCodeOf, systemError } from './system-errors.js';

export type WriteTarget =
  | { readonly kind: 'regular'; readonly path: string }
  | { readonly kind: 'device'; readonly path: string }
  | { readonly kind: 'descriptor'; readonly descriptor: number };

/** `file` itself, or what its symbolic links lead to. @throws NodeJS.ErrnoException for a folder or a chain of too many links */
export function writeTargetOf(file: string): WriteTarget {
  const there = namingFile(file, () => statSync(file, { throwIfNoEntry: false }));
  if (there?.isDirectory()) throw systemError('EISDIR', 'illegal operation on a directory', file);
  let path = file;
  for (let links = 0; ; links++) {
    const descriptor = descriptorOf(path);
    if (descriptor !== undefined) return { kind: 'descriptor', descriptor };
    if (there !== undefined && !there.isFile()) return { kind: 'device', path: file };
    if (!namingFile(file, () => lstatSync(path, { throwIfNoEntry: false }))?.isSymbolicLink()) {
      return { kind: 'regular', path };
    }
    if (links === LONGEST_CHAIN) throw systemError('ELOOP', 'too many symbolic links encountered', file);
    path = namingFile(file, () => resolve(realpathSync(dirname(path)), readlinkSync(path)));
  }
}

/** As Linux. */
const LONGEST_CHAIN = 40;

/** The own descriptor that a path stands for: to open it anew would start at the beginning of its file, over what stands there. */
function descriptorOf(path: string): number | undefined {
  const number = /^\/(?:dev|proc\/(?:self|thread-self|\d+))\/fd\/(\d+)$/.exec(path)?.[1];
  if (number === undefined) return { '/dev/stdout': 1, '/dev/stderr': 2 }[path];
  const owner = /^\/proc\/(\d+)\//.exec(path)?.[1];
  return owner === undefined || Number(owner) === process.pid ? Number(number) : undefined;
}

/** @param file as the caller named it, for errors */
export function writeThrough(
  file: string,
  target: Exclude<WriteTarget, { kind: 'regular' }>,
  pieces: Iterable<string | Uint8Array>,
): void {
  namingFile(file, () => {
    if (target.kind === 'descriptor') {
      try {
        writePieces(target.descriptor, pieces);
      } catch (error) {
        // The reader of a standard stream may go whenever it has seen enough.
        if (!(isStandardStream(target.descriptor) && systemCodeOf(error) === 'EPIPE')) throw error;
      }
      return;
    }
    // Without O_CREAT and O_TRUNC, so that nothing but what stands there is ever opened.
    const descriptor = openSync(target.path, constants.O_WRONLY);
    try {
      // What was a device a moment ago may have been replaced since.
      if (fstatSync(descriptor).isFile()) throw systemError('EBUSY', 'resource busy or locked', file);
      writePieces(descriptor, pieces);
    } finally {
      closeSync(descriptor);
    }
  });
}

const isStandardStream = (descriptor: number): boolean => descriptor === 1 || descriptor === 2;

/** Appends texts and bytes one after another. */
export function writePieces(descriptor: number, pieces: Iterable<string | Uint8Array>): void {
  for (const piece of pieces) writeFully(descriptor, typeof piece === 'string' ? Buffer.from(piece) : piece);
}
