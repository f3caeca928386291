/** `vlm-bench evaluate`: a benchmark, on any model: a program, an endpoint, a run, or predictions that are there already. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MODEL_KINDS, parseModelSource } from '../answerers/model-source.js';
import {
  addReading,
  bootstrapSeedOption,
  collect,
  dataRootOption,
  engineOption,
  jsonOption,
  optionalResamplesOption,
  outOption,
  positiveInteger,
} from './options.js';
import type { EvaluateCommandOptions } from './run-evaluate.js';
import { addTorchOptions } from './torch-options.js';

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

function prices(text: string): { readonly prompt: number; readonly completion: number } {
  const [prompt, completion, ...more] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (more.length === 0 && [prompt, completion].every((price) => price !== undefined && price >= 0 && price < 1e9)) {
    return { prompt: prompt!, completion: completion! };
  }
  throw new InvalidArgumentError('It must be two numbers: of a million tokens asked, and of a million answered.');
}

export function registerEvaluate(program: Command): void {
  const evaluate = program
    .command('evaluate')
    .description('answer a benchmark with any model, keep every answer, score it; exit 1 while answers are missing')
    .argument('<benchmark>', 'a benchmark of the package by its id, or a YAML file of kind benchmark')
    .requiredOption(
      '--model <kind:…>',
      `who answers: ${MODEL_KINDS.join(', ')}, for example 'command:python3 answer.py'`,
      parseModelSource,
    )
    .option('--variant <name>', 'named settings of the benchmark: prompt, split, decoding', 'default')
    .addOption(dataRootOption())
    .addOption(outOption())
    .option('--label <name>', 'name of the model on pages and in comparisons')
    .option(
      '--model-version <text>',
      'version of the model, where it does not state one itself; another one is asked anew',
    )
    .option(
      '--trained-on <data set>',
      'a data set that the model was trained on; may be repeated, `none` for none',
      collect,
    )
    .option(
      '--limit <n>',
      'ask only so many images (or questions), drawn by --limit-seed; stamped everywhere',
      positiveInteger,
    )
    .addOption(new Option('--limit-seed <n>', 'seed of that draw').argParser(positiveInteger).default(1))
    .option('--refresh', 'ask again what is answered')
    .option('--repeat <n>', 'ask 32 of the items so often, to see whether the answers stay the same', positiveInteger)
    .addOption(
      new Option('--allow-failures <share>', 'score the rest where at most this share has no answer')
        .argParser(share)
        .default(0),
    )
    .option('--concurrency <n>', 'requests at the same time; processes of a command', positiveInteger)
    .addOption(new Option('--time-limit <seconds>', 'for one answer').argParser(seconds))
    .addOption(new Option('--prices <prompt,completion>', 'of a million tokens, for the cost').argParser(prices))
    .addOption(engineOption())
    .option('--model-name <name>', 'an endpoint’s name of the model (default: the only one that it lists)')
    .option('--api-key-env <name>', 'environment variable that holds the endpoint’s key (default: OPENAI_API_KEY)')
    .option('--requests-per-minute <n>', 'limit of the endpoint', positiveInteger)
    .option('--tokens-per-minute <n>', 'limit of the endpoint', positiveInteger)
    .option('--image-key <name>', 'field of predictions that names images, where several fit');
  addTorchOptions(addReading(evaluate))
    .addOption(optionalResamplesOption())
    .addOption(bootstrapSeedOption())
    .addOption(jsonOption())
    .action(async (benchmark: string, options: EvaluateCommandOptions) => {
      const { runEvaluate } = await import('./run-evaluate.js');
      process.exitCode = await runEvaluate(benchmark, options);
    });
}
