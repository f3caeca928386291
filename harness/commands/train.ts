/** `vlm-bench train`: one run from a configuration file. */
import type { Command } from 'commander';
import { dataRootOption, engineOption, jsonOption, outOption, type SuiteOptions } from './options.js';

export function registerTrain(program: Command): void {
  program
    .command('train')
    .description('train and score one configuration')
    .argument('<config>', 'path of the run configuration (YAML)')
    .addOption(engineOption())
    .addOption(dataRootOption())
    .addOption(outOption())
    .addOption(jsonOption())
    .action(async (file: string, options: Pick<SuiteOptions, 'engine' | 'dataRoot' | 'out' | 'json'>) => {
      const { trainConfig } = await import('../experiment/train-config.js');
      const { withInterruption } = await import('../execution/interruption.js');
      const { folder, result } = await withInterruption((interruption) =>
        trainConfig(file, { ...options, interruption }),
      );
      if (options.json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else for (const [measure, { value }] of Object.entries(result.scores)) console.log(`${measure}\t${value}`);
      console.error(folder);
    });
}
