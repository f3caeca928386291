/**
 * Two processes that train the same model and take turns: ours on the engine torch, and its peer in PyTorch. PyTorch is that of
 * `$VLM_BENCH_PYTHON`, by default python3. A race whose sides do not begin with the same loss is none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StepConfig } from './torch-step.js';

const OURS = fileURLToPath(new URL('./torch-step.js', import.meta.url));
const PEER = fileURLToPath(new URL('../../../test/bench/pytorch_peer.py', import.meta.url));

export interface RaceOptions {
  readonly config: StepConfig;
  readonly rounds: number;
  /** Of each side in a round. */
  readonly steps: number;
  /** Of each side before any that counts: compilers of JavaScript take some dozens of them. */
  readonly warmUp?: number;
  /** Largest relative difference of the first losses. */
  readonly tolerance: number;
  /** Whether the peer's model goes through torch.compile. */
  readonly compile?: boolean;
}

/** One side of a race. */
export interface Side {
  /** Median milliseconds of a step: processor time on a CPU, wall time on a GPU. */
  readonly milliseconds: number;
  readonly peakBytes: number;
  readonly firstLoss: number;
}

export interface RaceResult {
  readonly parameters: number;
  /** Of a step, forward and backward. */
  readonly flops: number;
  readonly numerics: string;
  readonly ours: Side;
  readonly peer: Side;
}

export interface Turn {
  readonly milliseconds: readonly number[];
  /** By the clock; the peer does not tell. */
  readonly wall?: number;
  readonly loss: number;
  readonly peakBytes: number;
}

/** A process that makes steps when it is told how many. */
export class Contender {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const env = { ...process.env, ...environment };
    this.#process = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'inherit'], env });
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

const sideOf = (first: Turn, turns: readonly Turn[]): Side => ({
  milliseconds: median(turns.flatMap(({ milliseconds }) => milliseconds)),
  peakBytes: turns.at(-1)!.peakBytes,
  firstLoss: first.loss,
});

/** @throws Error when a side ends early, or the models are not the same */
export async function race({
  config,
  rounds,
  steps,
  warmUp = 2,
  tolerance,
  compile = false,
}: RaceOptions): Promise<RaceResult> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-race-'));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...config, compile }));
  const ours = new Contender(process.execPath, [OURS, file]);
  const peer = new Contender(process.env.VLM_BENCH_PYTHON ?? 'python3', [PEER, file]);
  try {
    const facts = await ours.read<Pick<RaceResult, 'parameters' | 'flops' | 'numerics'>>();
    await peer.read();
    const [ourFirst, theirFirst] = [await ours.steps(1), await peer.steps(1)];
    if (Math.abs(ourFirst.loss - theirFirst.loss) > tolerance * theirFirst.loss) {
      throw new Error(`The losses differ (${ourFirst.loss} and ${theirFirst.loss}), so the models do.`);
    }
    await ours.steps(warmUp);
    await peer.steps(warmUp);
    const [ourTurns, theirTurns]: [Turn[], Turn[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      // Neither always comes first.
      const order = round % 2 === 0 ? [ours, peer] : [peer, ours];
      for (const side of order) (side === ours ? ourTurns : theirTurns).push(await side.steps(steps));
    }
    return { ...facts, ours: sideOf(ourFirst, ourTurns), peer: sideOf(theirFirst, theirTurns) };
  } finally {
    ours.stop();
    peer.stop();
    rmSync(folder, { recursive: true });
  }
}
