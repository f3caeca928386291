/** `vlm-bench plan`: what a suite would run, without running it. */
import { type Command, Option } from 'commander';
import { dataOption, jsonOption, type SuiteOptions, scaleOption, seedsOption, smokeOption } from './options.js';

type PlanCommandOptions = Pick<SuiteOptions, 'scale' | 'data' | 'seeds' | 'smoke' | 'json'> & {
  readonly finding?: string;
};

export function registerPlan(program: Command): void {
  program
    .command('plan')
    .description('list the runs of a suite with their steps and sizes')
    .argument('[suite]', 'path of the suite (YAML)')
    .addOption(new Option('--finding <number>', 'a finding of the package').choices(['1', '2', '3', '4', 'all']))
    .addOption(scaleOption())
    .addOption(dataOption())
    .addOption(seedsOption())
    .addOption(smokeOption())
    .addOption(jsonOption())
    .action(async (file: string | undefined, options: PlanCommandOptions) => {
      const { printPlans } = await import('./print-plans.js');
      printPlans(file, options);
    });
}
