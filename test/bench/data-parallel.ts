/**
 * Two ranks of the engine torch, on a core each, against one on one core: the same model of 10 M parameters and the same global batch, in
 * turns, by the clock. What they send each other, where they shard the optimizer too, is read from the counters of the loopback device, on
 * which nothing else should be busy.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './measurement.js';
import { Contender, type Turn } from './race.js';
import { modelOf } from './torch.js';
import type { StepConfig } from './torch-step.js';

const OURS = fileURLToPath(new URL('./torch-step.js', import.meta.url));
const RANKS = 2;
/** A step of one rank takes seconds. */
const SEQUENCES = 32;
const TURNS = Number(process.env.VLM_BENCH_TURNS ?? 5);

const config: StepConfig = {
  ...{ device: 'cpu', precision: 'float32', threads: 1, checkpointing: 'none' },
  model: modelOf(256, [4, 6], 8000, 64),
  batch: { sequences: SEQUENCES, promptTokens: 16, answerTokens: 16 },
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Bytes that the loopback device has sent since the machine was started. */
function loopbackBytes(): number {
  const line = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith('lo:'));
  // Eight fields of what was received stand before those of what was sent.
  return Number(line?.trim().split(/[:\s]+/)[9]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

/** On a core of its own. */
const pinned = (core: number, file: string, environment: NodeJS.ProcessEnv): Contender =>
  new Contender('taskset', ['-c', String(core % availableParallelism()), process.execPath, OURS, file], environment);

/** Ranks that meet each other, each on a core of its own. */
async function startRanks(file: string): Promise<readonly Contender[]> {
  const port = String(await freePort());
  return Array.from({ length: RANKS }, (_, rank) =>
    pinned(rank, file, {
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: port, WORLD_SIZE: String(RANKS) },
      ...{ RANK: String(rank), LOCAL_RANK: String(rank) },
    }),
  );
}

const together = (ranks: readonly Contender[]): Promise<readonly Turn[]> =>
  Promise.all(ranks.map((rank) => rank.steps(1)));

/** Bytes that a rank sends in a step where the optimizer is sharded: (n − 1) / n of the bytes of gradients and of weights. */
async function shardedBytes(folder: string, precision: 'float32' | 'bfloat16'): Promise<Measurement[]> {
  const file = join(folder, `${precision}.json`);
  const batch = { ...config.batch, sequences: 2 };
  writeFileSync(file, JSON.stringify({ ...config, precision, batch, shardOptimizer: true }));
  const ranks = await startRanks(file);
  try {
    const [{ parameters }] = (await Promise.all(ranks.map((rank) => rank.read<{ parameters: number }>()))) as [
      { parameters: number },
    ];
    await together(ranks);
    const sent: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const before = loopbackBytes();
      await together(ranks);
      sent.push((loopbackBytes() - before) / RANKS);
    }
    const least = ((RANKS - 1) * parameters * (4 + (precision === 'float32' ? 4 : 2))) / RANKS;
    return [
      {
        name: `sharded optimizer, ${precision}: bytes ÷ (n − 1) / n × (gradients + weights)`,
        value: Math.min(...sent) / least,
        unit: '',
        bar: 0.95,
        ceiling: 1.05,
      },
    ];
  } finally {
    for (const rank of ranks) rank.stop();
  }
}

export async function benchmarkDataParallel(): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-ranks-'));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const alone = pinned(0, file, {});
  const ranks = await startRanks(file);
  try {
    const { parameters } = await alone.read<{ parameters: number }>();
    await Promise.all(ranks.map((rank) => rank.read()));
    const first = await alone.steps(1);
    const [divided] = (await together(ranks)) as [Turn];
    if (Math.abs(divided.loss / first.loss - 1) > 1e-4) {
      throw new Error(`The losses differ (${first.loss} and ${divided.loss}), so the batches do.`);
    }
    const one: number[] = [];
    const two: number[] = [];
    const sent: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      one.push((await alone.steps(1)).wall!);
      const before = loopbackBytes();
      two.push(Math.max(...(await together(ranks)).map(({ wall }) => wall!)));
      sent.push((loopbackBytes() - before) / RANKS);
    }
    const least = (2 * (RANKS - 1) * parameters * 4) / RANKS;
    return [
      { name: 'one rank on one core: step', value: median(one), unit: 'ms' },
      { name: 'two ranks on a core each: step', value: median(two), unit: 'ms' },
      { name: 'throughput of two ranks ÷ one', value: median(one) / median(two), unit: '', bar: 1.8 },
      { name: 'bytes sent by a rank in a step', value: Math.min(...sent) / 2 ** 20, unit: 'MiB' },
      {
        name: 'bytes ÷ 2 (n − 1) / n × gradients',
        value: Math.min(...sent) / least,
        unit: '',
        bar: 0.95,
        ceiling: 1.05,
      },
      ...(await shardedBytes(folder, 'float32')),
      ...(await shardedBytes(folder, 'bfloat16')),
    ];
  } finally {
    for (const contender of [alone, ...ranks]) contender.stop();
    rmSync(folder, { recursive: true });
  }
}
