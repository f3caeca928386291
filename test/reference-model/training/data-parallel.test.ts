/** A run divided among ranks is the run: the same losses, validation, predictions and counts as alone, whatever the number of ranks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Predictions } from '../../../reference-model/evaluation/predict.js';
import type { Recipe, RunConfig, Stage } from '../../../reference-model/recipe/recipe.js';
import type { TrainingEvent } from '../../../reference-model/training/events.js';
import { isTorchAvailable } from '../backends.js';
import { runRanks } from './rank-processes.js';
import { tinyRun } from './tiny-run.js';

interface Trained {
  readonly events: readonly TrainingEvent[];
  readonly weights?: string;
  /** The scale of the language model's last norm, as it was learned. */
  readonly norm?: readonly number[];
  readonly predictions?: Predictions;
  readonly interruptedAt?: number;
}

const rates = { vision: 1e-3, connector: 2e-3, language: 2e-3 };
const STAGES: readonly Stage[] = [
  { name: 'words', kind: 'words', steps: 4, trainable: ['connector', 'vision'], learningRate: rates },
  {
    name: 'align',
    steps: 6,
    trainable: ['connector'],
    learningRate: rates,
    mixture: { 'ai-captions': 1 },
    attentionMask: 'causal',
  },
  {
    name: 'joint',
    steps: 14,
    trainable: ['vision', 'connector', 'language'],
    learningRate: rates,
    mixture: { 'human-captions': 1, questions: 1 },
    questionsPerImage: 2,
    attentionMask: 'visual-bidirectional',
  },
];

/** With a tokenizer of its own, which gives images the words of their captions to learn. */
const run = (recipe: Partial<Recipe>): RunConfig => {
  const { model, ...rest } = tinyRun({ stages: STAGES, validateEverySteps: 8, ...recipe });
  const language = { ...model.language, vocabularySize: 320, maximumPositions: 256 };
  const evaluation = {
    split: 'test',
    captionImages: 10,
    questions: 9,
    teacherForced: { captions: 5, questions: 4 },
  } as const;
  return { ...rest, tokenizer: 'byte-pairs', model: { ...model, language }, evaluation };
};

/** A step's examples in one or several micro-batches, divided evenly and not, and fewer than ranks. */
const SIZES: readonly Partial<Recipe>[] = [
  { batchSize: 8, microBatchSize: 8 },
  { batchSize: 7, microBatchSize: 2 },
  { batchSize: 3, microBatchSize: 1 },
];

const losses = ({ events }: Trained): readonly number[] =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

/** Everything of the events but what rounding may change, and what a process takes of its machine. */
const counts = ({ events }: Trained): readonly object[] =>
  events.map((event) => {
    switch (event.type) {
      case 'step': {
        const { loss: _, gradientNorm: __, peakMemoryBytes: ___, utilisation: ____, ...rest } = event;
        return rest;
      }
      case 'validation':
        return { ...event, loss: Object.keys(event.loss) };
      case 'image-left-out':
      case 'checkpoint':
        return event;
      default:
        return event satisfies never;
    }
  });

const validations = ({ events }: Trained): readonly number[] =>
  events.flatMap((event) => (event.type === 'validation' ? Object.values(event.loss) : []));

function expectClose(actual: readonly number[], expected: readonly number[], what: string): void {
  expect(actual, what).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value / expected[i]! - 1), `${what}, number ${i + 1}`).toBeLessThan(2e-4);
  });
}

function expectSameRun(divided: readonly Trained[], alone: Trained, what: string): void {
  for (const trained of divided) {
    expect(counts(trained), what).toEqual(counts(alone));
    expectClose(losses(trained), losses(alone), `losses of ${what}`);
    expectClose(validations(trained), validations(alone), `validation of ${what}`);
    expect(trained.predictions?.captions.map(({ imageId }) => imageId)).toEqual(
      alone.predictions?.captions.map(({ imageId }) => imageId),
    );
    // Ranks hold the same bits all the time.
    expect(trained.weights).toBe(divided[0]!.weights);
    expect(trained.predictions).toEqual(divided[0]!.predictions);
  }
}

const DIVIDED = { VLM_BENCH_TORCH_SHARD_OPTIMIZER: '1' };

const folders: string[] = [];
const newFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'vlm-bench-ranks-')));
  return folders.at(-1)!;
};
/** What each rank saw of each run. */
async function trained(
  count: number,
  runs: readonly object[],
  environment = {},
  engine = 'torch',
): Promise<readonly (readonly Trained[])[]> {
  const seen = await runRanks<readonly Trained[] | { readonly error: string }>(
    count,
    { scenario: 'train', runs, engine },
    { environment },
  );
  return seen.map((ofRank) => {
    if ('error' in ofRank) throw new Error(ofRank.error);
    return ofRank;
  });
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe.skipIf(!isTorchAvailable)('a run divided among ranks', () => {
  const runs = SIZES.map((recipe) => ({ config: run(recipe) }));
  let alone: readonly Trained[];
  beforeAll(async () => {
    alone = (await trained(1, runs))[0]!;
  });

  it('is the run of one process, within rounding', async () => {
    expect(alone.map((one) => losses(one).length)).toEqual([24, 24, 24]);
    const two = await trained(2, runs);
    const four = await trained(4, runs.slice(2));
    alone.forEach((one, i) => {
      const what = `two ranks, ${JSON.stringify(SIZES[i])}`;
      expectSameRun(
        two.map((rank) => rank[i]!),
        one,
        what,
      );
    });
    const last = 'four ranks, one of them without examples';
    expectSameRun(
      four.map((rank) => rank[0]!),
      alone[2]!,
      last,
    );
  });

  it('ends on every rank with the same words as alone where a step is not finite: all of its examples, and the last checkpoint', async () => {
    const rate = { vision: 1e25, connector: 1e25, language: 1e25 };
    const stages = [{ ...STAGES[2]!, steps: 4, learningRate: rate }];
    const config = run({ batchSize: 8, microBatchSize: 8, stages, checkpointEverySteps: 1 });
    const ended = async (count: number) => {
      const task = { scenario: 'train', runs: [{ config, folder: newFolder() }] };
      return (await runRanks<{ readonly error: string }>(count, task)).map(({ error }) => error);
    };
    const [one] = await ended(1);
    expect(one).toMatch(
      /became (?:NaN|Infinity) at step \d.* on (?:[\w/-]+, ){7}[\w/-]+; the last good checkpoint is of step \d/,
    );
    expect(await ended(2)).toEqual([one, one]);
  });

  it('is the same where blocks are computed again in the backward pass', async () => {
    const two = await trained(2, runs.slice(1, 2), { VLM_BENCH_TORCH_CHECKPOINTING: 'all' });
    expectSameRun(
      two.map((rank) => rank[0]!),
      alone[1]!,
      'recomputed blocks',
    );
  });

  it('goes on from a checkpoint with another number of ranks or engine, divided or not, and stops on all when one is asked to', async () => {
    const folder = newFolder();
    const config = run({ batchSize: 8, microBatchSize: 4 });
    const part = async (ranks: number, more: object, { environment = {}, engine = 'torch' } = {}) =>
      (await trained(ranks, [{ config, folder, ...more }], environment, engine)).map(([only]) => only!);
    const [whole] = await part(1, { folder: undefined });
    const first = await part(2, { stopAt: 7, stopRank: 1 }, { environment: DIVIDED });
    expect(first.map(({ interruptedAt }) => interruptedAt)).toEqual([7, 7]);
    const [second] = await part(1, { resume: true, stopAt: 13, stopRank: 0 }, { engine: 'wasm' });
    const third = await part(4, { resume: true, stopAt: 19, stopRank: 3 }, { environment: DIVIDED });
    expect(third.map(({ interruptedAt }) => interruptedAt)).toEqual([19, 19, 19, 19]);
    const fourth = await part(2, { resume: true });
    const pieced = [first[0]!, second!, third[0]!, fourth[0]!].flatMap(losses);
    expectClose(pieced, losses(whole!), 'losses over 2, 1, 4 and 2 ranks');
  });

  it('in 16 bits divides float32 masters too: the same run, and the same bits from a checkpoint on', async () => {
    const folder = newFolder();
    const config = run({ batchSize: 8, microBatchSize: 4 });
    const short = { VLM_BENCH_TORCH_PRECISION: 'bfloat16' };
    const of = async (runs: readonly object[], environment: object) =>
      trained(
        2,
        runs.map((more) => ({ config, ...more })),
        { ...short, ...environment },
      );
    const [undivided] = (await of([{}], {})).map(([only]) => only!);
    const divided = await of([{}, { folder, stopAt: 17, stopRank: 0 }], DIVIDED);
    expectSameRun(
      divided.map(([only]) => only!),
      undivided!,
      'divided masters',
    );
    // What remains is float32, with bits that no 16-bit weight has.
    const { norm = [] } = divided[0]![0]!;
    expectClose(norm, undivided!.norm!, 'scale of the last norm');
    const bits = new Uint32Array(Float32Array.from(norm).buffer);
    expect(bits.some((pattern) => pattern % 2 ** 16 !== 0)).toBe(true);
    const rest = await of([{ folder, resume: true }], DIVIDED);
    rest.forEach(([resumed], rank) => {
      const [whole, begun] = divided[rank]!;
      expect([...losses(begun!), ...losses(resumed!)]).toEqual(losses(whole!));
      expect(resumed!.weights).toBe(whole!.weights);
    });
  });
});
