/** `vlm-bench data`: list the data sets, show the card of one, verify a copy of it, or write it out. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { printJson, printNote, printText } from '../log-text.js';
import { dataRootOption, jsonOption, type SuiteOptions } from './options.js';

type DataOptions = Pick<SuiteOptions, 'dataRoot' | 'json'>;

interface PrepareOptions extends DataOptions {
  readonly out: string;
  readonly as?: 'images' | 'shards';
  readonly encode: 'as-is' | 'jpeg' | 'png' | 'webp';
  readonly size?: number;
  readonly excludeDuplicates?: string;
}

const NAME = 'a name of `vlm-bench data list`, or a YAML file that declares a data set';

function pixels(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 16 && value <= 16_384) return value;
  throw new InvalidArgumentError('It must be a whole number from 16 to 16384.');
}

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
    .command('card')
    .description('what a data set is, its licence, and which files to fetch from where')
    .argument('<name>', NAME)
    .addOption(dataRootOption())
    .addOption(jsonOption())
    .action(async (name: string, { dataRoot, json }: DataOptions) => {
      const { describeDataSet } = await import('./data-sets.js');
      const { cardLines } = await import('./data-text.js');
      const description = describeDataSet({ name, ...(dataRoot === undefined ? {} : { dataRoot }) });
      if (json === true) printJson(description);
      else for (const line of cardLines(description)) printText(line);
    });
  data
    .command('verify')
    .description('read all of a data set: counts against its card, images that are missing or broken, duplicates')
    .argument('<name>', NAME)
    .addOption(dataRootOption())
    .option('--exclude-duplicates <file>', 'write a list of images to leave out, so that one of each stays')
    .addOption(jsonOption())
    .action(async (name: string, options: DataOptions & { excludeDuplicates?: string }) => {
      const { dataRoot, json, excludeDuplicates } = options;
      const { requireUnchanged, verifyDataSet } = await import('./data-sets.js');
      const { verificationDocument, verificationLines } = await import('./data-text.js');
      const found = await verifyDataSet({
        name,
        ...(dataRoot === undefined ? {} : { dataRoot }),
        ...(excludeDuplicates === undefined ? {} : { listInto: excludeDuplicates }),
      });
      if (json === true) printJson(verificationDocument(found));
      requireUnchanged(found.verification, dataRoot ?? name);
      if (json !== true) for (const line of verificationLines(found)) printText(line);
    });
  data
    .command('prepare')
    .description('write a data set out once: as tar shards, or as PNG images and one JSON file per split')
    .argument('<name>', NAME)
    .addOption(dataRootOption())
    .requiredOption('--out <dir>', 'a new or empty folder, or one that an interrupted call has left')
    .addOption(
      new Option('--as <form>', 'form (default: shards of what is read from files, else images)').choices([
        'images',
        'shards',
      ]),
    )
    .addOption(
      new Option('--encode <how>', 'how shards hold images').choices(['as-is', 'jpeg', 'png', 'webp']).default('as-is'),
    )
    .addOption(new Option('--size <pixels>', 'shrink images to this longer side').argParser(pixels))
    .option('--exclude-duplicates <file>', 'leave out the images of this list, which `data verify` writes')
    .action(async (name: string, options: PrepareOptions) => {
      const { dataRoot, out, encode, size, excludeDuplicates } = options;
      const { describeDataSet, prepareAsImages, prepareAsShards } = await import('./data-sets.js');
      const request = {
        name,
        ...(dataRoot === undefined ? {} : { dataRoot }),
        ...(excludeDuplicates === undefined ? {} : { exclude: excludeDuplicates }),
      };
      const form = options.as ?? (describeDataSet({ name }).card.layouts === undefined ? 'images' : 'shards');
      if (form === 'images') {
        await prepareAsImages(request, out);
        printNote(out);
        return;
      }
      // Shrunk pixels are not as they were.
      const how = size !== undefined && encode === 'as-is' ? 'jpeg' : encode;
      const { declaration } = await prepareAsShards(
        { ...request, encode: how, ...(size === undefined ? {} : { size }) },
        out,
      );
      printNote(declaration);
    });
}
