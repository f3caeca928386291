/**
 * What becomes of a command whose output nobody takes. A reader that closes early (`| head`) changes nothing: the command goes on and
 * ends with the code of its verdict. Output that is lost for any other reason, such as a full disk, is one error and ends it in 1.
 */
import { formatProblem, problemsOf } from './errors.js';

const seen = new WeakSet<object>();
let lost = false;

/** Hears every error of `process.stdout` or `process.stderr`, which else would end the process with a stack trace. */
export function watchStandardStream(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    seen.add(error);
    // After the first failed write the stream itself refuses the others.
    if (lost || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return;
    lost = true;
    process.exitCode = 1;
    if (stream === process.stdout) console.error(lostText(error));
  });
}

/** Whether `error` was told by a standard stream, and so has been dealt with. */
export function isOfStandardStream(error: unknown): boolean {
  return typeof error === 'object' && error !== null && seen.has(error);
}

/** Whether something that was printed did not arrive, for another reason than a reader that closed. */
export function isOutputLost(): boolean {
  return lost;
}

function lostText(error: NodeJS.ErrnoException): string {
  const [problem] = problemsOf(error) ?? [];
  const fix = problem?.fix ?? 'send the output elsewhere, then run the same command again';
  return formatProblem({ what: problem?.what ?? error.message, where: 'standard output', fix });
}
