/** `vlm-bench pilot`: how much seeds differ and what other learning rates do, on the validation split, before a suite is fixed. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { attachOption, withExecutorOptions } from './executor-options.js';
import { dataRootOption, engineOption, jobsOption, outOption, positiveInteger } from './options.js';
import type { PilotCommandOptions } from './print-pilot.js';
import { addTorchOptions } from './torch-options.js';

const namedRates: Readonly<Record<string, number>> = { half: 0.5, one: 1, double: 2 };

export function registerPilot(program: Command): void {
  const command = withExecutorOptions(program.command('pilot'))
    .addOption(attachOption())
    .description(
      'train the arms of a suite with seeds of no suite, score them on the validation split, and write what plans need',
    )
    .argument('<suite>', 'path of the suite (YAML), or the id of a shipped one')
    .addOption(new Option('--seeds <n>', 'how many seeds, from 910001 on').argParser(positiveInteger).default(5))
    .addOption(
      new Option('--rates <list>', 'multiples of the learning rates: half, one, double, or numbers')
        .argParser(rateList)
        .default([0.5, 1, 2], 'half,one,double'),
    )
    .addOption(
      new Option(
        '--scaled <stages>',
        'the stages whose learning rates are multiplied (default: those behind what all arms begin with)',
      ).argParser((text) => text.split(',')),
    )
    .addOption(engineOption());
  addTorchOptions(command)
    .addOption(dataRootOption())
    .addOption(jobsOption())
    .addOption(outOption('./vlm-bench-pilots'))
    .option('--write <file>', 'write the pilot there instead of to stdout')
    .action(async (fileOrId: string, options: PilotCommandOptions) => {
      const { printPilot } = await import('./print-pilot.js');
      await printPilot(fileOrId, options);
    });
}

function rateList(text: string): readonly number[] {
  const rates = text.split(',').map((word) => namedRates[word] ?? Number(word));
  if (rates.every((rate) => Number.isFinite(rate) && rate > 0) && new Set(rates).size === rates.length) return rates;
  throw new InvalidArgumentError(
    'It must list different numbers above 0, or half, one and double, such as half,one,4.',
  );
}
