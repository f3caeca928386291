/**
 * The process of runs: receives a job, performs it, answers with the result, and waits for the next. It stops at the next step when asked
 * to (by message, SIGINT or SIGTERM), and ends at once when the harness is gone, so that no run outlives the command that started it.
 */
import { bugProblem, problemsOf } from '../../errors.js';
import type { Machinery } from '../../run/machinery.js';
import { performRun } from '../../run/perform-run.js';
import type { RunJob } from '../../run/run-job.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Serves jobs over the process channel, one at a time, until it is closed; a run that does not succeed ends the process. */
export function serveRuns(machinery: Machinery): void {
  const stop = new AbortController();
  let busy = false;
  const requestStop = () => {
    stop.abort(new RunStopped());
    if (!busy) process.exit();
  };
  process.on('SIGINT', requestStop);
  process.on('SIGTERM', requestStop);
  // The record is safe against a sudden end, so nothing needs to be saved here.
  process.on('disconnect', () => process.exit(busy ? 1 : 0));
  process.on('message', async (message: ToWorker) => {
    switch (message.type) {
      case 'stop':
        requestStop();
        break;
      case 'job': {
        busy = true;
        const answer = await perform(message.job, machinery, stop.signal);
        busy = false;
        send(answer, answer.type === 'done' ? undefined : () => process.exit(answer.type === 'failed' ? 1 : 0));
        break;
      }
      default:
        message satisfies never;
    }
  });
}

async function perform(job: RunJob, machinery: Machinery, signal: AbortSignal): Promise<FromWorker> {
  try {
    const onProgress = (progress: Parameters<RunSink>[0]) => send({ type: 'progress', progress });
    return { type: 'done', result: await performRun(job, { machinery, onProgress, signal }) };
  } catch (error) {
    if (error instanceof Error && isInterruption(error, signal)) return { type: 'interrupted' };
    const problems = problemsOf(error);
    if (problems !== undefined) return { type: 'failed', problems, stack: '' };
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(stack);
    return { type: 'failed', problems: [bugProblem(error)], stack };
  }
}

type RunSink = Parameters<typeof performRun>[1]['onProgress'];

class RunStopped extends Error {
  override readonly name = 'TrainingInterrupted';
}

/** Of several ranks that train together one was asked, and the trainer of each says so. */
function isInterruption({ name }: Error, { aborted }: AbortSignal): boolean {
  return name === 'TrainingInterrupted' || (name === 'AbortError' && aborted);
}

function send(message: FromWorker, then = () => {}): void {
  if (process.connected) process.send?.(message, then);
  else then();
}
