/** `vlm-bench compare`: systems on the same images, with paired statistics, as a page and a JSON document. */
import { type Command, Option } from 'commander';
import type { CompareOptions } from '../compare/run-compare.js';
import { addScoring, bootstrapSeedOption, collect, jsonOption, resamplesOption } from './options.js';

export function registerCompare(program: Command): void {
  const compare = program
    .command('compare')
    .description('compare systems on the same images, pair by pair')
    .argument(
      '<systems...>',
      'run folders, RESULTS/SUITE[#ARM], predictions, scores files, each also as LABEL=PATH[,PATH…]; published:TABLE[/MODEL]',
    )
    .option('--out <dir>', 'folder of the page and of comparison.json', './vlm-bench-results/comparison')
    .option('--metric <name>', 'may be repeated; images are compared by the first one (default: all shared)', collect);
  addScoring(compare)
    .addOption(
      new Option('--common', 'score only the images (or questions) that all files of predictions name').conflicts(
        'subset',
      ),
    )
    .option('--images <dir>', 'folder of image files for the thumbnails, named after the image ids')
    .addOption(resamplesOption())
    .addOption(bootstrapSeedOption())
    .addOption(jsonOption())
    .action(async (systems: readonly string[], options: CompareOptions) => {
      const { runCompare } = await import('../compare/run-compare.js');
      await runCompare(systems, options);
    });
}
