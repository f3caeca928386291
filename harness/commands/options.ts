/** Options that several commands share, declared once, and their parsers. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TABLE_FORMATS } from '../../reference-model/data/containers/table-format.js';
import { encodingOfLabel } from '../../reference-model/files/text-encoding.js';
import type { EngineChoice } from '../run/machinery.js';
import { ANSWER_LAYOUTS } from '../score/answer-layouts.js';
import type { ExecutorOptions } from './executor-options.js';
import { parseRequirement, type Requirement } from './requirements.js';

const defaultOut = './vlm-bench-results';

/** A whole number of at least 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** Fewer than 100 resamples hold no 2.5 % quantile to speak of; more than a million only take time. */
function resampleCount(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 100 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 100 to 1000000.');
}

function resampleCountOrNone(text: string): number {
  if (/^0+$/.test(text)) return 0;
  try {
    return resampleCount(text);
  } catch {
    throw new InvalidArgumentError('It must be a whole number from 100 to 1000000, or 0 for no intervals.');
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

/** For options that may be repeated. */
export const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
];

export const engineOption = () =>
  new Option('--engine <name>', 'what computes the tensors')
    .choices(['auto', 'wasm', 'tensorflow', 'torch'])
    .default('auto');
export const scaleOption = () =>
  new Option('--scale <scale>', 'size of the models').choices(['embedded', 'small', 'paper']).default('embedded');
export const dataOption = () =>
  new Option(
    '--data <name>',
    'data set (default: the first that the suite lists); with --scale small a name of `data list`, or a YAML file that declares one',
  );
export const weightsOption = () =>
  new Option(
    '--weights <dir>',
    'weights of the hub to start from: the folders vision and language, each as downloaded, for recipes with tokenizer: pretrained',
  );
export const throughputOption = () =>
  new Option(
    '--throughput <teraflops>',
    'with --scale paper: TFLOP/s that one device was measured to reach, in place of the assumed share of its peak',
  ).argParser((text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
    throw new InvalidArgumentError('It must be a number above 0.');
  });
export const workersOption = () =>
  new Option('--workers <n>', 'threads of each run that decode photographs; 0 for none (default: 1)').argParser(
    wholeNumber,
  );
export const allowBrokenOption = () =>
  new Option(
    '--allow-broken <n>',
    'broken training photographs that may be left out; each is reported with its path (default: 0)',
  ).argParser(wholeNumber);
export const dataRootOption = () => new Option('--data-root <dir>', 'folder of a data set that is read from disk');
export const seedsOption = () =>
  new Option('--seeds <n>', 'run the first n of the suite’s seeds').argParser(positiveInteger);
export const jobsOption = () =>
  new Option('--jobs <n>', 'runs at the same time (default: one per core)').argParser(positiveInteger);
export const outOption = (folder: string = defaultOut) =>
  new Option('--out <dir>', 'where records and reports are kept').default(folder);
export const smokeOption = () =>
  new Option('--smoke', 'the same path in a few steps; only checks that the pipeline runs, it is not evidence');
export const untilDecidedOption = () =>
  new Option('--until-decided <n>', 'while a claim is inconclusive add reserve seeds of the suite, to n seeds at most')
    .argParser(positiveInteger)
    .conflicts(['seeds', 'smoke']);
export const requireOption = () =>
  new Option(
    '--require <verdict>',
    'exit with 1 unless this is the verdict (reproduced, ruled-out, contradicted or inconclusive), or CLAIM=VERDICT that of one claim; may be repeated',
  ).argParser((text: string, earlier: readonly Requirement[] | undefined) => [
    ...(earlier ?? []),
    parseRequirement(text),
  ]);
export const jsonOption = () => new Option('--json', 'print one JSON document on stdout');

export const resamplesOption = () =>
  new Option('--resamples <n>', 'bootstrap resamples of the images').argParser(resampleCount).default(10_000);
/** For commands that can do without intervals. */
export const optionalResamplesOption = () =>
  new Option('--resamples <n>', 'bootstrap resamples for the 95 % intervals; 0 for none')
    .argParser(resampleCountOrNone)
    .default(10_000);
export const bootstrapSeedOption = () =>
  new Option('--bootstrap-seed <n>', 'seed of the resamples').argParser(wholeNumber).default(1);

function encodingLabel(label: string): string {
  try {
    encodingOfLabel(label);
    return label;
  } catch {
    throw new InvalidArgumentError('It must be a label such as windows-1252, latin1, utf-16le, shift_jis or gb18030.');
  }
}

export const encodingOption = () =>
  new Option('--encoding <name>', 'encoding of input that is not UTF-8, such as windows-1252').argParser(encodingLabel);
export const formatOption = (name: 'format' | 'references-format', of: string) =>
  new Option(`--${name} <name>`, `take ${of} for this, whatever they look like`).choices(TABLE_FORMATS);

/** How files of references and predictions are read. */
export function addReading(command: Command): Command {
  return command
    .addOption(encodingOption())
    .addOption(formatOption('format', 'predictions'))
    .addOption(formatOption('references-format', 'references'));
}

export const answerMatchOption = () =>
  new Option(
    '--answer-match <how>',
    'when an answer is right: all of it (exact, the default), its beginning, or a word of it',
  ).choices(['exact', 'leading-word', 'contains-word']);
export const documentFrequencyOption = () =>
  new Option(
    '--df <file>',
    'frozen document frequencies for CIDEr, as `score df` writes them; again for CIDEr-stemmed (`score df --stem`)',
  ).argParser(collect);

/** How references and predictions are paired. */
export function addPairing(command: Command): Command {
  return command
    .option('--split <name>', 'score this split of the references only')
    .option('--subset', 'score only the images (or questions) that the predictions name')
    .option('--image-key <name>', 'field of the references that predictions name images by, where several fit');
}

/** What predictions are scored against. */
export function addScoring(command: Command): Command {
  return addPairing(addReading(command).option('--references <file>', 'references that predictions are scored against'))
    .addOption(documentFrequencyOption())
    .addOption(answerMatchOption())
    .addOption(
      new Option('--dataset <name>', 'predictions are answers to questions of this layout').choices(ANSWER_LAYOUTS),
    );
}

export interface SuiteOptions extends ExecutorOptions {
  readonly scale: 'embedded' | 'small' | 'paper';
  readonly engine: EngineChoice;
  readonly data?: string;
  readonly dataRoot?: string;
  readonly weights?: string;
  readonly workers?: number;
  readonly allowBroken?: number;
  readonly seeds?: number;
  readonly jobs?: number;
  readonly out: string;
  readonly smoke?: true;
  readonly json?: true;
  readonly require?: readonly Requirement[];
  readonly untilDecided?: number;
}

/** The command that repeats one suite of those that the typed command ran, as `reproduce --finding 3` for one of `--finding all`. */
export function commandFor(suiteId: string, typed: string = typedCommand()): string {
  const finding = /^finding-(\d)/.exec(suiteId)?.[1];
  return finding === undefined ? typed : typed.replace(/( --finding[ =])all(?= |$)/, `$1${finding}`);
}

/** The command as typed, quoted where a shell needs it. */
export function typedCommand(args: readonly string[] = process.argv.slice(2)): string {
  const quoted = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ['vlm-bench', ...quoted].join(' ');
}
