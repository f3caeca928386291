/** `vlm-bench train`: one run from a configuration file. */
import type { Command } from 'commander';
import { printJson, printNote, printText } from '../log-text.js';
import { dataRootOption, engineOption, jsonOption, outOption, type SuiteOptions, weightsOption } from './options.js';
import { addTorchOptions } from './torch-options.js';

export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train and score one configuration')
    .argument('<config>', 'path of the run configuration (YAML)')
    .addOption(engineOption());
  addTorchOptions(command)
    .addOption(dataRootOption())
    .addOption(weightsOption())
    .addOption(outOption())
    .addOption(jsonOption())
    .action(async (file: string, options: Pick<SuiteOptions, 'engine' | 'dataRoot' | 'weights' | 'out' | 'json'>) => {
      const { trainConfig } = await import('../experiment/train-config.js');
      const { withInterruption } = await import('../execution/interruption.js');
      const { folder, result } = await withInterruption((interruption) =>
        trainConfig(file, { ...options, interruption }),
      );
      const { isFirstRank } = await import('../run/first-rank.js');
      if (!isFirstRank()) return;
      if (options.json === true) printJson(result);
      else for (const [measure, { value }] of Object.entries(result.scores)) printText(`${measure}\t${value}`);
      printNote(folder);
    });
}
