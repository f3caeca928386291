/** `vlm-bench data`: list the data sets, verify one, or write one out as images and JSON. */
import { Argument, type Command } from 'commander';
import { DATA_SET_NAMES, type DataSetName } from '../../reference-model/data/registry.js';
import { printJson, printNote, printText } from '../log-text.js';
import { dataRootOption, jsonOption, type SuiteOptions } from './options.js';

type DataOptions = Pick<SuiteOptions, 'dataRoot' | 'json'>;

const nameArgument = () => new Argument('<name>', 'data set').choices(DATA_SET_NAMES);

export function registerData(program: Command): void {
  const data = program.command('data').description('list, verify and prepare data sets');
  data
    .command('list')
    .description('the data sets and where they come from')
    .addOption(jsonOption())
    .action(async ({ json }: DataOptions) => {
      const { DATA_CARDS } = await import('./data-sets.js');
      if (json === true) printJson(DATA_CARDS);
      else for (const { name, source, description } of DATA_CARDS) printText(`${name}\t${source}\t${description}`);
    });
  data
    .command('verify')
    .description('load a data set and hold it against what this package knows of it')
    .addArgument(nameArgument())
    .addOption(dataRootOption())
    .addOption(jsonOption())
    .action(async (name: DataSetName, { dataRoot, json }: DataOptions) => {
      const { requireUnchangedDataSet } = await import('./data-sets.js');
      const source = { name, ...(dataRoot === undefined ? {} : { root: dataRoot }) };
      const { fingerprint, splits } = await requireUnchangedDataSet(source);
      if (json === true) {
        printJson({ name, fingerprint, splits });
        return;
      }
      printText(`${name}\tunchanged, fingerprint ${fingerprint}`);
      for (const [split, { images, questions }] of Object.entries(splits)) {
        printText(`${split}\t${images} images\t${questions} questions`);
      }
    });
  data
    .command('prepare')
    .description('write a data set out as PNG images and one JSON file per split')
    .addArgument(nameArgument())
    .addOption(dataRootOption())
    .requiredOption('--out <dir>', 'an empty or new folder')
    .action(async (name: DataSetName, { dataRoot, out }: DataOptions & { out: string }) => {
      const { prepareDataSet } = await import('./data-sets.js');
      await prepareDataSet({ name, ...(dataRoot === undefined ? {} : { root: dataRoot }) }, out);
      printNote(out);
    });
}
