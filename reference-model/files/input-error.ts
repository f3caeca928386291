/** The one error of reading outside files: what is wrong, where in which file, what was expected, and how to fix it. */

export interface InputProblem {
  /** `file-unreadable`: there is nothing to read; `data-invalid`: its content is wrong; `usage`: it was asked for wrongly. */
  readonly code: 'file-unreadable' | 'data-invalid' | 'usage';
  readonly what: string;
  /** File, as far as known with line and column. */
  readonly where: string;
  readonly expected?: string;
  readonly fix: string;
}

export class InputError extends Error {
  override readonly name = 'InputError';
  readonly problem: InputProblem;

  constructor(problem: InputProblem, options?: ErrorOptions) {
    super(`${problem.where}: ${problem.what}`, options);
    this.problem = problem;
  }
}

/** What the operating system says when a file cannot be read. */
export function unreadable(file: string, error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file}: ${message}`;
  const fix = 'check the path and that the file may be read';
  return new InputError({ code: 'file-unreadable', what, where: file, fix }, { cause: error });
}
