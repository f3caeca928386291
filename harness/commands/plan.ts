/** `vlm-bench plan`: what a suite would run, what that costs and what it can find, without running it. */
import { type Command, Option } from 'commander';
import { withExecutorOptions } from './executor-options.js';
import {
  dataOption,
  dataRootOption,
  engineOption,
  jobsOption,
  jsonOption,
  outOption,
  scaleOption,
  seedsOption,
  smokeOption,
  throughputOption,
  weightsOption,
} from './options.js';
import type { PlanCommandOptions } from './print-plans.js';
import { addTorchOptions } from './torch-options.js';

export function registerPlan(program: Command): void {
  const command = withExecutorOptions(program.command('plan'))
    .description('show the runs of a suite, what they cost, and which effects they can find')
    .argument('[suite]', 'path of the suite (YAML), or the id of a shipped one')
    .addOption(new Option('--finding <number>', 'a finding of the package').choices(['1', '2', '3', '4', 'all']))
    .option('--full', 'also the further suites of the finding, which take longer')
    .addOption(scaleOption())
    .addOption(engineOption());
  addTorchOptions(command)
    .addOption(dataOption())
    .addOption(dataRootOption())
    .addOption(weightsOption())
    .addOption(seedsOption())
    .addOption(jobsOption())
    .addOption(outOption())
    .addOption(smokeOption())
    .option('--calibrate', 'train for some seconds on each engine to estimate the time; kept for later plans')
    .addOption(throughputOption())
    .addOption(jsonOption())
    .action(async (fileOrId: string | undefined, options: PlanCommandOptions) => {
      const { printPlans } = await import('./print-plans.js');
      await printPlans(fileOrId, options);
    });
}
