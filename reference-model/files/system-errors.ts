/** Errors of the operating system, made to name the file that the caller named, never a temporary one or none. */

/** @throws what `work` throws; a system error is thrown anew with `file` as its path */
export function namingFile<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    const reason = /^\w+: ([^,]+)/.exec((error as Error).message)?.[1] ?? code;
    throw systemError(code, reason, file, error);
  }
}

/** As `namingFile`, for an error that names no file: those of an open descriptor do not. */
export function namingUnnamed<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (Object(error).path !== undefined) throw error;
    return namingFile(file, () => {
      throw error;
    });
  }
}

/** The code of a system error, for example `ENOSPC`; undefined for any other. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? (error as NodeJS.ErrnoException).code : undefined;
}

export function systemError(code: string, reason: string, path: string, cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(`${code}: ${reason}, write '${path}'`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code, syscall: 'write', path });
}
