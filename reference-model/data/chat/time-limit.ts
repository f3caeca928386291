/**
 * Ends work that foreign patterns and templates could make endless: a regular expression that backtracks for ever cannot be stopped from
 * outside of the engine, but the engine stops a script when its time is up, and whatever that script calls.
 */
import { createContext, Script } from 'node:vm';
import { InputError } from '../../files/input-error.js';

/** Far more than any text takes, also on a machine that does much else. */
const LONGEST_MILLISECONDS = 10_000;

const context: { work?: () => void } = createContext({});
const script = new Script('work()');
let isLimited = false;

/**
 * The result of the work; what it calls in turn has no more time of its own.
 *
 * @param what it is that does not end, as a clause; `where` it was read
 * @throws InputError when the time is up, and whatever the work throws
 */
export function withinTime<Result>(
  work: () => Result,
  { what, where, milliseconds = LONGEST_MILLISECONDS }: { what: string; where: string; milliseconds?: number },
): Result {
  if (isLimited) return work();
  const outcome: { result?: Result } = {};
  context.work = () => {
    outcome.result = work();
  };
  isLimited = true;
  try {
    script.runInContext(context, { timeout: milliseconds });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
    throw new InputError(
      {
        code: 'data-invalid',
        what: `${what} does not end: it was stopped after ${milliseconds / 1000} s`,
        where,
        expected: 'files that a text goes through at once',
        fix: 'use the files of another model, or of another revision',
      },
      { cause },
    );
  } finally {
    isLimited = false;
    delete context.work;
  }
  return outcome.result as Result;
}
