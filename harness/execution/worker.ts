/**
 * The process of one run: receives a job, performs it and answers with the result. It stops at the next step when asked to (by
 * message, SIGINT or SIGTERM), and ends at once when the harness is gone, so that no run outlives the command that started it.
 */
import { bugProblem, problemsOf } from '../errors.js';
import type { Machinery } from '../run/machinery.js';
import { performRun, type RunJob } from '../run/perform-run.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Serves exactly one job over the process channel, then ends the process. */
export function serveRun(machinery: Machinery): void {
  const stop = new AbortController();
  const requestStop = () => stop.abort(new RunStopped());
  process.on('SIGINT', requestStop);
  process.on('SIGTERM', requestStop);
  // The record is safe against a sudden end, so nothing needs to be saved here.
  process.on('disconnect', () => process.exit(1));
  process.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'stop':
        requestStop();
        break;
      case 'job':
        void perform(message.job, machinery, stop.signal).then(answerAndExit);
        break;
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
    if (signal.aborted && error instanceof Error && isInterruption(error)) return { type: 'interrupted' };
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

function isInterruption({ name }: Error): boolean {
  return name === 'TrainingInterrupted' || name === 'AbortError';
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function answerAndExit(answer: FromWorker): void {
  const exit = () => process.exit(answer.type === 'failed' ? 1 : 0);
  if (process.connected) process.send?.(answer, exit);
  else exit();
}
