/** The executor that the settings name. Those that hand runs to a scheduler are loaded only when they are asked for. */
import { UserError } from '../errors.js';
import type { Executor } from './executor.js';
import type { ExecutorSettings } from './executor-settings.js';
import type { Interruption } from './interruption.js';
import { localExecutor } from './local/local-executor.js';

export interface StartOptions {
  readonly interruption: Interruption;
  /** Absolute path of the record store. */
  readonly store: string;
  /** Follow what was submitted before, and submit nothing. */
  readonly attach?: boolean;
  /** About how long the longest run takes, where that is known: what a time limit is derived from. */
  readonly secondsPerRun?: number;
}

/** @throws UserError when the scheduler cannot be reached */
export async function startExecutor(settings: ExecutorSettings, options: StartOptions): Promise<Executor> {
  const { interruption } = options;
  switch (settings.executor) {
    case 'local':
      return localExecutor({ interruption });
    case 'slurm': {
      const { slurmExecutor } = await import('./slurm/slurm-executor.js');
      return slurmExecutor(settings.slurm, options);
    }
    case 'kubernetes':
      throw new UserError({
        code: 'not-available',
        what: 'the executor kubernetes is not there yet',
        expected: '--executor local or slurm',
        fix: 'choose one of these, or hand the commands of --print-jobs to the cluster',
      });
    default:
      return settings.executor satisfies never;
  }
}
