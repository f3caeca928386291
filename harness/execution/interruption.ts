/**
 * Turns Ctrl-C and SIGTERM into two requests: the first asks for a clean stop (runs save a checkpoint and end), the second kills.
 */

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface Interruption {
  /** Aborts at the first signal; its reason is the signal's name. */
  readonly stop: AbortSignal;
  /** Aborts at the second signal. */
  readonly kill: AbortSignal;
}

/** Exit code of a process that ends because of a signal, as shells report it: 128 + the signal's number. */
export const interruptedExitCode: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Does `work` with both signals caught, and restores their default meaning afterwards. */
export async function withInterruption<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = (signal: StopSignal) => {
    if (stop.signal.aborted) kill.abort(signal);
    else stop.abort(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work({ stop: stop.signal, kill: kill.signal });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
