/** Options of commands that perform runs: by whom, and with which settings. */
import { type Command, Option } from 'commander';
import { type ExecutorName, executorNames } from '../execution/executor-settings.js';
import type { SettingsOptions } from '../execution/read-executor-settings.js';

export interface ExecutorOptions extends Pick<SettingsOptions, 'set' | 'config'> {
  readonly executor?: ExecutorName;
  readonly attach?: true;
  readonly printJobs?: true;
}

export function withExecutorOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--executor <name>', 'who performs the runs (default: what the settings say, else local)').choices(
        executorNames,
      ),
    )
    .addOption(
      new Option(
        '--set <setting=value>',
        'a setting of an executor, such as slurm.partition=gpu; may be repeated',
      ).argParser((setting: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), setting]),
    )
    .option('--config <file>', 'settings of executors (default: vlm-bench.config.yaml, where there is one)');
}

export const attachOption = () =>
  new Option('--attach', 'follow the runs that were submitted before, and submit nothing');
export const printJobsOption = () =>
  new Option(
    '--print-jobs',
    'print the commands of the runs that have no result yet, for any other scheduler, and perform nothing',
  ).conflicts(['attach', 'executor']);
