/**
 * How the engine `torch` computes: device, precision, threads. The command line hands the settings to the processes of its runs in the
 * environment, so each of them reads the same.
 */
import { EngineError } from '../engine-error.js';

export const TORCH_PRECISIONS = ['float32', 'tf32', 'bfloat16', 'float16'] as const;
export type TorchPrecision = (typeof TORCH_PRECISIONS)[number];

/** What is computed again in the backward pass in place of being kept: nothing, the blocks of the model, or the logits too. */
export const CHECKPOINTING = ['none', 'blocks', 'all'] as const;
export type ActivationCheckpointing = (typeof CHECKPOINTING)[number];

export interface TorchSettings {
  /** `auto` takes a GPU where there is one. */
  readonly device: string;
  readonly precision: TorchPrecision;
  /** Of the CPU; runs are parallel to each other, so one is the default. */
  readonly threads: number;
  /** Algorithms that give the same bits each time, which some on a GPU do not. */
  readonly deterministic: boolean;
  readonly checkpointing: ActivationCheckpointing;
  /** Processes that share the work of a run on this machine, each with its device. */
  readonly devices: number;
  /** Whether each of several ranks keeps its share of the moments and, in 16 bits, of the float32 weights only. */
  readonly shardOptimizer: boolean;
  /** Seconds after which a rank that the others wait for is given up. */
  readonly timeout: number;
}

/** Names of the environment variables. */
export const TORCH_VARIABLES = {
  device: 'VLM_BENCH_TORCH_DEVICE',
  precision: 'VLM_BENCH_TORCH_PRECISION',
  threads: 'VLM_BENCH_TORCH_THREADS',
  deterministic: 'VLM_BENCH_TORCH_DETERMINISTIC',
  checkpointing: 'VLM_BENCH_TORCH_CHECKPOINTING',
  devices: 'VLM_BENCH_TORCH_DEVICES',
  shardOptimizer: 'VLM_BENCH_TORCH_SHARD_OPTIMIZER',
  timeout: 'VLM_BENCH_TORCH_TIMEOUT',
} as const satisfies Record<keyof TorchSettings, string>;

/** @throws EngineError `engine-unavailable` for a value that is none */
export function torchSettings(environment: Readonly<Record<string, string | undefined>> = process.env): TorchSettings {
  const read = <Value>(
    name: keyof TorchSettings,
    fallback: Value,
    parse: (text: string) => Value | undefined,
  ): Value => {
    const variable = TORCH_VARIABLES[name];
    const text = environment[variable];
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    const reason = `${variable} is ${JSON.stringify(text)}, which is no ${name}.`;
    throw new EngineError({
      code: 'engine-unavailable',
      engine: 'torch',
      reason,
      remedy: `Correct or unset ${variable}.`,
    });
  };
  const oneOf =
    <Name extends string>(names: readonly Name[]) =>
    (text: string): Name | undefined =>
      names.find((name) => name === text);
  return {
    device: read('device', 'auto', (text) => (isTorchDevice(text) ? text : undefined)),
    precision: read('precision', 'float32', oneOf(TORCH_PRECISIONS)),
    threads: read('threads', 1, count),
    deterministic: read('deterministic', false, flag),
    checkpointing: read('checkpointing', 'none', oneOf(CHECKPOINTING)),
    devices: read('devices', 1, count),
    shardOptimizer: read('shardOptimizer', false, flag),
    timeout: read('timeout', 600, count),
  };
}

const flag = (text: string): boolean | undefined => (text === '1' ? true : text === '0' ? false : undefined);
const count = (text: string): number | undefined => (/^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined);

export const isTorchDevice = (text: string): boolean => /^(auto|cpu|cuda(:\d+)?)$/.test(text);
