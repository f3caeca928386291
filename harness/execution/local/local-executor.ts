/** Performs runs in processes beside this one; a process that has done its run is given the next. */
import type { Executor } from '../executor.js';
import { RunProcess, type RunProcessOptions } from './run-process.js';

export function localExecutor(options: RunProcessOptions): Executor {
  const processes: RunProcess[] = [];
  const idleProcess = (): RunProcess => {
    const idle = processes.find(({ isIdle }) => isIdle);
    if (idle !== undefined) return idle;
    const started = new RunProcess(options);
    processes.push(started);
    return started;
  };
  return {
    perform: (run) => idleProcess().perform(run),
    close: async () => {
      await Promise.all(processes.map((process) => process.close()));
    },
  };
}
