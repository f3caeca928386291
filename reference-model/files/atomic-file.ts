/**
 * Files that are never seen half-written: the bytes go to a temporary file in the same folder, are forced to disk and
 * renamed into place, and the rename is forced to disk as well. Only a regular file is ever replaced: a symbolic link is
 * followed, and into a device, a pipe or an open descriptor (`/dev/stdout`) the bytes are written as they come.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Writes or replaces `file` in one step, creating its folder. A crash leaves the old file, at worst beside a `.tmp-` file.
 * @throws NodeJS.ErrnoException that names `file` as the caller did, also for a folder in its place
 */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  writePiecesAtomically(file, [content]);
}

/** As `writeFileAtomically`, for content that is too large to be held at once. */
export function writePiecesAtomically(file: string, pieces: Iterable<string | Uint8Array>): void {
  const target = targetOf(file);
  if (target.kind === 'regular') replace(file, target.path, pieces);
  else writeThrough(file, target, pieces);
}

type Target =
  | { readonly kind: 'regular'; readonly path: string }
  | { readonly kind: 'device'; readonly path: string }
  | { readonly kind: 'descriptor'; readonly descriptor: number };

/** Where the bytes of `file` belong: `file` itself, or what its symbolic links lead to. @throws for a folder */
function targetOf(file: string): Target {
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
  const process_ = /^\/proc\/(\d+)\//.exec(path)?.[1];
  return process_ === undefined || Number(process_) === process.pid ? Number(number) : undefined;
}

function replace(file: string, path: string, pieces: Iterable<string | Uint8Array>): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  // Cut, so that a name of the longest length that a folder takes leaves room for the rest.
  const name = `${basename(path).slice(0, 60)}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const temporary = join(folder, name);
  namingFile(file, () => {
    try {
      const descriptor = openSync(temporary, 'wx');
      try {
        writeAll(descriptor, pieces);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    syncFolder(folder);
  });
}

function writeThrough(
  file: string,
  target: Exclude<Target, { kind: 'regular' }>,
  pieces: Iterable<string | Uint8Array>,
): void {
  namingFile(file, () => {
    if (target.kind === 'descriptor') {
      try {
        writeAll(target.descriptor, pieces);
      } catch (error) {
        // The reader of a standard stream may go whenever it has seen enough.
        if (!(isStandardStream(target.descriptor) && codeOf(error) === 'EPIPE')) throw error;
      }
      return;
    }
    // Without O_CREAT and O_TRUNC, so that nothing but what stands there is ever opened.
    const descriptor = openSync(target.path, constants.O_WRONLY);
    try {
      refuseRegular(fstatSync(descriptor), file);
      writeAll(descriptor, pieces);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** What was a device a moment ago may have been replaced since. */
function refuseRegular(state: Stats, file: string): void {
  if (state.isFile()) throw systemError('EBUSY', 'resource busy or locked', file);
}

const isStandardStream = (descriptor: number): boolean => descriptor === 1 || descriptor === 2;

function writeAll(descriptor: number, pieces: Iterable<string | Uint8Array>): void {
  for (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    // One write call may accept fewer bytes than offered.
    for (let written = 0; written < bytes.length; ) written += writeSome(descriptor, bytes, written);
  }
}

function writeSome(descriptor: number, bytes: Uint8Array, from: number): number {
  for (;;) {
    try {
      return writeSync(descriptor, bytes, from);
    } catch (error) {
      // A pipe that does not block is full until its reader takes something.
      if (codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder; there the rename alone must do.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Errors of the system name the file that the caller named, never a temporary one or none. */
function namingFile<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    const reason = /^\w+: ([^,]+)/.exec((error as Error).message)?.[1] ?? code;
    throw systemError(code, reason, file, error);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? (error as NodeJS.ErrnoException).code : undefined;
}

function systemError(code: string, reason: string, path: string, cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(`${code}: ${reason}, write '${path}'`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code, syscall: 'write', path });
}
