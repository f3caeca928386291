/**
 * The engine torch against PyTorch on the CPU: the same model, batch, precision, threads and libtorch, in two processes that take turns.
 * Processor time is compared, which other work on the machine hardly changes. PyTorch is found as `$VLM_BENCH_PYTHON`, by default python3.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { activateTorchEngine, activeTorch } from '../../reference-model/engines/torch/engine.js';
import { torchSettings } from '../../reference-model/engines/torch/settings.js';
import type { ModelConfig } from '../../reference-model/model/config.js';
import type { Measurement } from './measurement.js';
import type { StepConfig } from './torch-step.js';

const OURS = fileURLToPath(new URL('./torch-step.js', import.meta.url));
const PEER = fileURLToPath(new URL('../../../test/bench/pytorch_peer.py', import.meta.url));

function modelOf(width: number, layers: readonly [number, number], vocabularySize: number, image: number): ModelConfig {
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

interface Race {
  readonly name: string;
  readonly config: StepConfig;
  readonly rounds: number;
  readonly steps: number;
  readonly ceiling: number;
  readonly memoryCeiling?: number;
}

const large = modelOf(768, [4, 8], 16_000, 64);
const RACES: readonly Race[] = [
  {
    name: 'embedded (0.3 M parameters)',
    config: {
      ...BASE,
      model: modelOf(64, [2, 3], 216, 32),
      batch: { sequences: 8, promptTokens: 6, answerTokens: 10 },
    },
    ...{ rounds: 12, steps: 10, ceiling: 0.85 },
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

interface Turn {
  readonly milliseconds: readonly number[];
  readonly loss: number;
  readonly peakBytes: number;
}

/** A process that makes steps when it is told how many. */
class Contender {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#reader = createInterface({ input: this.#process.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async read<Document>(): Promise<Document> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('A contender ended before its time; its reason stands above.');
    return JSON.parse(value) as Document;
  }

  async steps(count: number): Promise<Turn> {
    this.#process.stdin!.write(`${count}\n`);
    return this.read<Turn>();
  }

  stop(): void {
    this.#reader.close();
    this.#process.stdin!.end();
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function race({ name, config, rounds, steps, ceiling, memoryCeiling }: Race): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-torch-bench-'));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const ours = new Contender(process.execPath, [OURS, file]);
  const peer = new Contender(process.env.VLM_BENCH_PYTHON ?? 'python3', [PEER, file]);
  try {
    await ours.read();
    await peer.read();
    const first = [await ours.steps(1), await peer.steps(1)] as const;
    if (Math.abs(first[0].loss - first[1].loss) > 1e-4 * first[1].loss) {
      throw new Error(`${name}: the losses differ (${first[0].loss} and ${first[1].loss}), so the models do.`);
    }
    await ours.steps(2);
    await peer.steps(2);
    const turns: (readonly [Turn, Turn])[] = [];
    for (let round = 0; round < rounds; round++) {
      const our = round % 2 === 0 ? await ours.steps(steps) : undefined;
      const their = await peer.steps(steps);
      turns.push([our ?? (await ours.steps(steps)), their]);
    }
    const times = [0, 1].map((side) => median(turns.flatMap((turn) => turn[side]!.milliseconds)));
    const [ourPeak, theirPeak] = [0, 1].map((side) => turns.at(-1)![side]!.peakBytes);
    return [
      { name: `${name}: step`, value: times[0]!, unit: 'ms' },
      { name: `${name}: step ÷ PyTorch’s`, value: times[0]! / times[1]!, unit: '', ceiling },
      { name: `${name}: peak memory`, value: ourPeak! / 2 ** 20, unit: 'MiB' },
      {
        ...{ name: `${name}: peak memory ÷ PyTorch’s`, value: ourPeak! / theirPeak!, unit: '' },
        ...(memoryCeiling === undefined ? {} : { ceiling: memoryCeiling }),
      },
    ];
  } finally {
    ours.stop();
    peer.stop();
    rmSync(folder, { recursive: true });
  }
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
  for (const contest of RACES) measurements.push(...(await race(contest)));
  return measurements;
}
