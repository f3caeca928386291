/** From the options and settings of executors to one that performs the runs of a command. */
import { UserError } from '../errors.js';
import type { StartExecutor } from '../execution/executor.js';
import type { ExecutorSettings } from '../execution/executor-settings.js';
import { readExecutorSettings } from '../execution/read-executor-settings.js';
import type { ExecutorOptions } from './executor-options.js';

/** @throws UserError for settings that are not allowed, `usage` for --attach where nothing can be taken up again */
export function executorSettings(options: ExecutorOptions & { readonly jobs?: number }): ExecutorSettings {
  const settings = readExecutorSettings(options);
  if (options.attach !== true || settings.executor !== 'local') return settings;
  const problem = {
    code: 'usage',
    what: 'runs beside this command end with it: there is nothing to attach to',
    expected: '--attach with --executor slurm or kubernetes',
    fix: 'leave out --attach: the same command goes on where it was stopped',
  } as const;
  throw new UserError(problem, { exitCode: 2 });
}

/** @param secondsPerRun about how long the longest run takes, where that is known; asked for only where a limit is derived from it */
export function executorStarter(
  settings: ExecutorSettings,
  { attach }: ExecutorOptions,
  secondsPerRun: () => Promise<number | undefined> = async () => undefined,
): StartExecutor {
  return async (interruption, store) => {
    const { startExecutor } = await import('../execution/start-executor.js');
    const { executor } = settings;
    const seconds = executor !== 'local' && settings[executor].timeLimit === 'plan' ? await secondsPerRun() : undefined;
    return startExecutor(settings, {
      interruption,
      store,
      attach: attach === true,
      ...(seconds === undefined ? {} : { secondsPerRun: seconds }),
    });
  };
}
