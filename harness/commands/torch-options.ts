/** Options of the engine torch, the same for every command that computes. They reach the processes of runs in the environment. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  CHECKPOINTING,
  isTorchDevice,
  TORCH_PRECISIONS,
  TORCH_VARIABLES,
} from '../../reference-model/engines/torch/settings.js';
import { positiveInteger } from './options.js';

interface TorchOptions {
  readonly device?: string;
  readonly precision?: string;
  readonly threads?: number;
  readonly deterministic?: true;
  readonly activationCheckpointing?: string;
  readonly devices?: number;
  readonly shardOptimizer?: true;
}

function device(text: string): string {
  if (isTorchDevice(text)) return text;
  throw new InvalidArgumentError('It must be auto, cpu, cuda or cuda:N.');
}

/** Adds the options to a command that has `--engine`. */
export function addTorchOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'engine torch: auto, cpu, cuda or cuda:N').argParser(device))
    .addOption(new Option('--precision <name>', 'engine torch: precision of the arithmetic').choices(TORCH_PRECISIONS))
    .addOption(new Option('--threads <n>', 'engine torch: threads of a run on the CPU').argParser(positiveInteger))
    .addOption(new Option('--deterministic', 'engine torch: the same bits each time, also on a GPU'))
    .addOption(
      new Option(
        '--activation-checkpointing <what>',
        'engine torch: compute blocks, or all up to the logits, again in the backward pass to save memory',
      ).choices(CHECKPOINTING),
    )
    .addOption(
      new Option(
        '--devices <n>',
        'engine torch: processes that share the work of a run on this machine, each with its GPU or cores',
      ).argParser(positiveInteger),
    )
    .addOption(
      new Option(
        '--shard-optimizer',
        'engine torch: each of several devices keeps its share of the moments and, in 16 bits, of the float32 weights only',
      ),
    )
    .hook('preAction', (_, action) => exportSettings(action.opts<TorchOptions>()));
}

/** Settings of a suite, for whatever the command line leaves open. */
export function useByDefault({
  precision,
  activationCheckpointing,
}: Pick<TorchOptions, 'precision' | 'activationCheckpointing'>): void {
  if (precision !== undefined) process.env[TORCH_VARIABLES.precision] ??= precision;
  if (activationCheckpointing !== undefined) process.env[TORCH_VARIABLES.checkpointing] ??= activationCheckpointing;
}

function exportSettings({
  device: where,
  precision,
  threads,
  deterministic,
  activationCheckpointing,
  devices,
  shardOptimizer,
}: TorchOptions): void {
  const values = {
    device: where,
    precision,
    threads: threads?.toString(),
    deterministic: deterministic === true ? '1' : undefined,
    checkpointing: activationCheckpointing,
    devices: devices?.toString(),
    shardOptimizer: shardOptimizer === true ? '1' : undefined,
  };
  for (const [name, variable] of Object.entries(TORCH_VARIABLES)) {
    const value = values[name as keyof typeof values];
    if (value !== undefined) process.env[variable] = value;
  }
}
