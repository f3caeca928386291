/**
 * The engine torch against PyTorch on the CPU: the same model, batch, precision, threads and libtorch, in two processes that take turns.
 * Processor time is compared, which other work on the machine hardly changes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { activateTorchEngine, activeTorch } from '../../reference-model/engines/torch/engine.js';
import { torchSettings } from '../../reference-model/engines/torch/settings.js';
import type { ModelConfig } from '../../reference-model/model/config.js';
import type { Measurement } from './measurement.js';
import { type RaceOptions, race } from './race.js';

export function modelOf(
  width: number,
  layers: readonly [number, number],
  vocabularySize: number,
  image: number,
): ModelConfig {
  const attentionHeads = width / (width > 128 ? 64 : 16);
  return {
    vision: {
      ...{ imageSize: image, patchSize: 8, hiddenSize: width, intermediateSize: 4 * width, layers: layers[0] },
      ...{ attentionHeads, layerNormEpsilon: 1e-6 },
    },
    connector: { pixelShuffle: 1 },
    language: {
      ...{ vocabularySize, hiddenSize: width, intermediateSize: 3 * width, layers: layers[1], attentionHeads },
      ...{ keyValueHeads: attentionHeads / 2, rotaryBase: 10_000, rmsNormEpsilon: 1e-6, maximumPositions: 256 },
    },
  };
}

const BASE = { device: 'cpu', precision: 'float32', threads: 1, checkpointing: 'none' } as const;

interface Contest extends Pick<RaceOptions, 'config' | 'rounds' | 'steps' | 'warmUp'> {
  readonly name: string;
  readonly ceiling: number;
  readonly memoryCeiling?: number;
}

const CONTESTS: readonly Contest[] = [
  {
    name: 'embedded (0.3 M parameters)',
    config: {
      ...BASE,
      model: modelOf(64, [2, 3], 216, 32),
      batch: { sequences: 8, promptTokens: 6, answerTokens: 10 },
    },
    ...{ rounds: 12, steps: 10, warmUp: 60, ceiling: 0.85 },
  },
  {
    name: '10 M parameters',
    config: {
      ...BASE,
      model: modelOf(256, [4, 6], 8000, 64),
      batch: { sequences: 4, promptTokens: 16, answerTokens: 16 },
    },
    ...{ rounds: 8, steps: 1, ceiling: 1 },
  },
];

const large = modelOf(768, [4, 8], 16_000, 64);
const LARGE_CONTESTS: readonly Contest[] = [
  {
    name: '100 M parameters',
    config: { ...BASE, model: large, batch: { sequences: 4, promptTokens: 16, answerTokens: 16 } },
    ...{ rounds: 4, steps: 1, ceiling: 1, memoryCeiling: 1.05 },
  },
  {
    name: '100 M parameters, blocks recomputed',
    config: {
      ...BASE,
      checkpointing: 'blocks',
      model: large,
      batch: { sequences: 4, promptTokens: 16, answerTokens: 16 },
    },
    ...{ rounds: 3, steps: 1, ceiling: 1, memoryCeiling: 1.05 },
  },
];

async function compete({ name, ceiling, memoryCeiling, ...options }: Contest): Promise<Measurement[]> {
  const { ours, peer } = await race({ ...options, tolerance: 1e-4 });
  const memory = { name: `${name}: peak memory ÷ PyTorch’s`, value: ours.peakBytes / peer.peakBytes, unit: '' };
  return [
    { name: `${name}: step`, value: ours.milliseconds, unit: 'ms' },
    { name: `${name}: step ÷ PyTorch’s`, value: ours.milliseconds / peer.milliseconds, unit: '', ceiling },
    { name: `${name}: peak memory`, value: ours.peakBytes / 2 ** 20, unit: 'MiB' },
    memoryCeiling === undefined ? memory : { ...memory, ceiling: memoryCeiling },
  ];
}

/** Microseconds of processor time of one operation on 16 numbers: the best of several rounds. */
function dispatch(operation: () => void): number {
  const COUNT = 20_000;
  const rounds = Array.from({ length: 7 }, () => {
    const start = process.cpuUsage();
    for (let i = 0; i < COUNT; i++) operation();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / COUNT;
  });
  return Math.min(...rounds);
}

/** Dispatch, and steps of small models. */
export async function benchmarkTorch(): Promise<Measurement[]> {
  await activateTorchEngine({ ...torchSettings({}), device: 'cpu' });
  const { backend } = activeTorch()!;
  const { torch } = backend;
  const [a, b] = [tf.ones([16]), tf.ones([16])];
  const [left, right] = [backend.handleOf(a), backend.handleOf(b)];
  const measurements: Measurement[] = [
    { name: 'an operation through tfjs', value: dispatch(() => tf.add(a, b).dispose()), unit: 'µs', ceiling: 5 },
    {
      ...{ name: 'an operation of the addon', unit: 'µs', ceiling: 1.2 },
      value: dispatch(() => torch.free(torch.add(left, right))),
    },
  ];
  for (const contest of CONTESTS) measurements.push(...(await compete(contest)));
  return measurements;
}

/** Steps of 100 M parameters, with and without recomputation, and their memory. */
export async function benchmarkTorchLarge(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const contest of LARGE_CONTESTS) measurements.push(...(await compete(contest)));
  return measurements;
}
