/** The executor that the settings name. Those that hand runs to a scheduler are loaded only when they are asked for. */
import type { Executor, StartOptions } from './executor.js';
import type { ExecutorSettings } from './executor-settings.js';
import { localExecutor } from './local/local-executor.js';

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
    case 'kubernetes': {
      const { kubernetesExecutor } = await import('./kubernetes/kubernetes-executor.js');
      return kubernetesExecutor(settings.kubernetes, options);
    }
    default:
      return settings.executor satisfies never;
  }
}
