/** `vlm-bench pretrain`: regenerates the backbones that ship with the package, to the same bytes. */
import { type Command, Option } from 'commander';
import { printNote } from '../log-text.js';

export function registerPretrain(program: Command): void {
  program
    .command('pretrain')
    .description('regenerate the pretrained backbones that ship with the package')
    .addOption(new Option('--scale <scale>', 'size of the models').choices(['embedded']).default('embedded'))
    .requiredOption('--out <dir>', 'where the safetensors files go')
    .action(async ({ out }: { out: string }) => {
      const { pretrainInto } = await import('./pretrain-into.js');
      for (const file of await pretrainInto(out)) printNote(file);
    });
}
