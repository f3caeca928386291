/**
 * The one shape of every error a user can meet: what is wrong, where, what was expected and how to mend it.
 * Code throws `UserError`; the command line prints it without a stack trace unless `--debug` is given.
 */

export type ProblemCode =
  | 'suite-syntax'
  | 'suite-invalid'
  | 'suite-unknown'
  | 'config-invalid'
  | 'data-invalid'
  | 'engine-unavailable'
  | 'score-invalid'
  | 'record-corrupt'
  | 'record-missing'
  | 'run-failed'
  | 'run-interrupted'
  | 'file-unreadable'
  | 'not-built'
  | 'not-available'
  | 'verdict-required'
  | 'usage';

export interface Problem {
  readonly code: ProblemCode;
  /** What is wrong, as one clause. */
  readonly what: string;
  /** `file:line:column`, or the record and field. */
  readonly where?: string;
  readonly expected?: string;
  /** What the reader can do about it. */
  readonly mend: string;
}

/** One or several problems that end a command; `exitCode` follows the command line contract of the README. */
export class UserError extends Error {
  readonly problems: readonly Problem[];
  readonly exitCode: number;

  constructor(
    problem: Problem | readonly Problem[],
    { exitCode = 1, cause }: { exitCode?: number; cause?: unknown } = {},
  ) {
    const problems = 'code' in problem ? [problem] : problem;
    super(problems.map(formatProblem).join('\n'), cause === undefined ? undefined : { cause });
    this.name = 'UserError';
    this.problems = problems;
    this.exitCode = exitCode;
  }
}

export function formatProblem({ what, where, expected, mend }: Omit<Problem, 'code'>): string {
  const lines = [`error: ${what}`];
  if (where !== undefined) lines.push(`  where:    ${where}`);
  if (expected !== undefined) lines.push(`  expected: ${expected}`);
  lines.push(`  mend:     ${mend}`);
  return lines.join('\n');
}

/** Text for any thrown value; a bug of ours (an error without a problem) says how to see its stack trace. */
export function formatError(error: unknown, { debug = false }: { debug?: boolean } = {}): string {
  const text = describeError(error).map(formatProblem).join('\n');
  return debug && error instanceof Error && error.stack !== undefined ? `${text}\n${error.stack}` : text;
}

/**
 * The problems inside any thrown value. The stand-alone folders (reference-model, metrics, reports) throw errors of their
 * own classes, which carry the same fields on themselves, under `problem` or `detail`, or as a list under `problems`.
 */
export function describeError(error: unknown): readonly Omit<Problem, 'code'>[] {
  if (error instanceof UserError) return error.problems;
  if (typeof error === 'object' && error !== null) {
    if ('problems' in error && Array.isArray(error.problems) && error.problems.every(isProblem)) return error.problems;
    if ('problem' in error && isProblem(error.problem)) return [error.problem];
    if ('detail' in error && isProblem(error.detail)) return [error.detail];
    if (isProblem(error)) return [error];
  }
  const message = error instanceof Error ? error.message : String(error);
  return [
    { what: message, mend: 'run the command again with --debug for the stack trace, and report it if it persists' },
  ];
}

function isProblem(value: unknown): value is Omit<Problem, 'code'> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'what' in value &&
    typeof value.what === 'string' &&
    'mend' in value &&
    typeof value.mend === 'string'
  );
}
