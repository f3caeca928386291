/**
 * The one shape of every error a user can meet: what is wrong, where, what was expected and how to fix it.
 * Code throws `UserError`; the command line prints it without a stack trace unless `--debug` is given. Whatever a problem quotes from
 * outside is made harmless as it is formatted.
 */
import { logLines, logText } from './log-text.js';

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
  | 'site-refused'
  | 'usage';

export interface Problem {
  readonly code: ProblemCode;
  /** What is wrong, as one clause. */
  readonly what: string;
  /** `file:line:column`, or the record and field. */
  readonly where?: string;
  readonly expected?: string;
  /** The last lines of what was printed when it happened. */
  readonly log?: readonly string[];
  /** What the reader can do about it. */
  readonly fix: string;
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

/** One line for each part, whatever text from outside stands in it. */
export function formatProblem({ what, where, expected, log = [], fix }: Omit<Problem, 'code'>): string {
  const lines = [`error: ${part(what)}`];
  if (where !== undefined) lines.push(`  where:    ${part(where)}`);
  if (expected !== undefined) lines.push(`  expected: ${part(expected)}`);
  for (const line of log) lines.push(`  log:      ${logText(line, 300)}`);
  lines.push(`  fix:      ${part(fix)}`);
  return lines.join('\n');
}

/** A caption may be a megabyte long; lists of names are not. */
const part = (text: string): string => logText(text, 4000);

/** Text for any thrown value; a bug of ours (an error without a problem) says how to see its stack trace. */
export function formatError(error: unknown, { debug = false }: { debug?: boolean } = {}): string {
  const text = (problemsOf(error) ?? [bugProblem(error)]).map(formatProblem).join('\n');
  if (!debug || !(error instanceof Error) || error.stack === undefined) return text;
  return `${text}\n${logLines(error.stack.split('\n'))}`;
}

type Description = Omit<Problem, 'code'>;

/**
 * The problems inside an error that a user can fix; undefined for anything else, that is, for a bug. The stand-alone folders
 * (reference-model, metrics, reports) throw errors of their own classes, which carry a problem's fields on themselves, under
 * `problem` or `detail`, or as a list under `problems`; those that say everything in their message are known by name.
 */
export function problemsOf(error: unknown): readonly Description[] | undefined {
  if (error instanceof UserError) return error.problems;
  if (!(error instanceof Error)) return undefined;
  if ('problems' in error && Array.isArray(error.problems) && error.problems.every(isProblem)) return error.problems;
  if ('problem' in error && isProblem(error.problem)) return [error.problem];
  if ('detail' in error && isProblem(error.detail)) return [error.detail];
  if (isProblem(error)) return [error];
  const fix = fixByName[error.name];
  return fix === undefined ? systemProblems(error) : [{ what: error.message, fix }];
}

/** What the operating system refuses (a full disk, a folder that is a file) and what an incomplete installation lacks. */
function systemProblems(error: NodeJS.ErrnoException): readonly Description[] | undefined {
  const { code = '', message, path, syscall } = error;
  const fix = fixBySystemCode[code];
  if (fix === undefined) return undefined;
  const reason = /^\w+: ([^,]+)/.exec(message)?.[1] ?? message.split('\n')[0]!;
  const what = syscall === undefined ? reason : `the operating system refuses to ${syscall}: ${reason}`;
  return [{ what, ...(path === undefined || syscall === undefined ? {} : { where: path }), fix }];
}

const checkPath = 'check the path and its permissions, then run the same command again';
const freeSpace = 'free some space, then run the same command again';
const nameFile = 'name a file instead of a folder, then run the same command again';
const closeOthers =
  'let fewer files be open at once (`ulimit -n` says how many may be), then run the same command again';
const fixBySystemCode: Readonly<Record<string, string>> = {
  EACCES: checkPath,
  EBUSY: 'wait until nothing else uses it, then run the same command again',
  EDQUOT: freeSpace,
  EEXIST: checkPath,
  EFBIG: 'allow larger files there, or name another place, then run the same command again',
  EIO: 'check the disk, or the server of a shared file system: it failed to read or write; then run the same command again',
  EISDIR: nameFile,
  ELOOP: 'check the symbolic links on the path: they lead back to themselves; then run the same command again',
  EMFILE: closeOthers,
  ENAMETOOLONG: 'choose a shorter name, then run the same command again',
  ENFILE: closeOthers,
  ENODEV: checkPath,
  ENOENT: checkPath,
  ENOSPC: freeSpace,
  ENOTDIR: checkPath,
  ENXIO: 'check what stands there: nothing takes or gives its bytes; then run the same command again',
  EPERM: checkPath,
  EPIPE: 'keep the reader of that pipe open until the command ends, then run the same command again',
  ENOTEMPTY: 'wait until nothing else uses the folder, then run the same command again',
  EROFS: 'name a place that may be written, then run the same command again',
  ESTALE:
    'another machine removed or replaced it on the shared file system, or its server was set up anew; run the same command again',
  ETIMEDOUT: 'see whether the server of the shared file system answers, then run the same command again',
  ETXTBSY: 'wait until nothing else uses it, then run the same command again',
  MODULE_NOT_FOUND: 'install the package again: a file of it is missing',
};

const fixByName: Readonly<Record<string, string>> = {
  DataError: 'correct the data set there, or name another folder',
  EngineError: 'see `vlm-bench doctor`, or choose --engine wasm',
  GenerationError: 'shorten the prompt, or lower maximumNewTokens',
  ParameterMismatchError: 'use weights that belong to this configuration',
  SafetensorsError: 'restore the file, or write it again',
};

export function bugProblem(error: unknown): Description {
  const what = error instanceof Error ? error.message : String(error);
  return { what, fix: 'run the command again with --debug for the stack trace, and report it if it persists' };
}

function isProblem(value: unknown): value is Description {
  return (
    typeof value === 'object' &&
    value !== null &&
    'what' in value &&
    typeof value.what === 'string' &&
    'fix' in value &&
    typeof value.fix === 'string'
  );
}
