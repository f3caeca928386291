/**
 * What the addon asks of NCCL, and what it makes of the answers: a stand-in for the library that the test compiles takes CPU tensors. How
 * NCCL itself and the streams of a GPU behave is not seen here.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTorchAvailable } from '../../../backends.js';
import { runRanks } from '../../../training/rank-processes.js';
import { tinyRun } from '../../../training/tiny-run.js';

const { CXX: compiler = 'g++' } = process.env;
const hasCompiler = spawnSync(compiler, ['--version']).status === 0;

describe.skipIf(!isTorchAvailable || !hasCompiler)('ranks on a stand-in for NCCL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-nccl-'));
  const nccl = join(folder, 'libnccl-stand-in.so');
  const environment = { NCCL_STAND_IN_FOLDER: folder, NCCL_STAND_IN_LOG: join(folder, 'calls-') };
  const calls = (rank: number): readonly string[] =>
    readFileSync(join(folder, `calls-${rank}`), 'utf8')
      .trim()
      .split('\n');

  beforeAll(() => {
    const source = fileURLToPath(new URL('./stand-in.cpp', import.meta.url));
    execFileSync(compiler, ['-std=c++17', '-O1', '-shared', '-fPIC', '-pthread', '-o', nccl, source]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('sum gradients, whole or of a share each, by its operations in the same order on all, and end together', async () => {
    const uses = [
      [1, 2, 1],
      [0, 1, 1],
      [1, 1, 0],
    ] as const;
    const both = [false, true].map((isDivided) => ({
      ...{ sizes: [7, 30, 2], bucketBytes: 64, earlier: 1, late: [], type: isDivided ? 3 : 0 },
      ...{ uses, isDivided },
    }));
    const seen = await runRanks<readonly { gradients: readonly (readonly number[])[]; loss: number }[]>(
      3,
      { scenario: 'reduce', cases: both, nccl },
      { environment },
    );
    const sums = [0, 1, 2].map((i) => uses.reduce((sum, own, rank) => sum + 2 * own[i]! * (rank + 1) * (i + 1), 0));
    seen.forEach(([whole, divided], rank) => {
      expect(whole!.gradients).toEqual([7, 30, 2].map((size, i) => Array.from({ length: size }, () => sums[i])));
      const own = [
        [3, 3, 1],
        [10, 10, 10],
        [1, 1, 0],
      ].map((lengths) => lengths[rank]!);
      expect(divided!.gradients).toEqual(own.map((size, i) => Array.from({ length: size }, () => sums[i])));
      expect([whole!.loss, divided!.loss]).toEqual([4.5, 4.5]);
      // Each gradient of a bucket is a float32 of ncclDataType_t 7, weights are bfloat16, which is 9.
      expect(calls(rank)).toEqual(calls(0));
    });
    const [first, ...rest] = calls(0);
    expect(first).toBe('ncclCommInitRankConfig');
    expect(rest.slice(-2)).toEqual(['ncclCommFinalize', 'ncclCommDestroy']);
    expect(rest.slice(0, -2)).toEqual([
      // Whole buckets of 16 elements at most, the last with the loss.
      ...['ncclAllReduce 2 7', 'ncclAllReduce 30 7', 'ncclAllReduce 8 7'],
      // Of a rank's share: of two elements and thirty, and of seven; then the loss, then the weights.
      ...['ncclReduceScatter 1 7', 'ncclReduceScatter 10 7', 'ncclReduceScatter 3 7', 'ncclAllReduce 1 7'],
      'ncclAllGather 14 9',
    ]);
  });

  it('train and save as on Gloo, with a divided optimizer in 16 bits', async () => {
    const run = (more: object) =>
      runRanks<readonly [{ events: readonly { loss: number }[]; weights: string }]>(
        2,
        {
          scenario: 'train',
          ...more,
          runs: [{ config: tinyRun({}), folder: mkdtempSync(join(folder, 'checkpoints-')) }],
        },
        {
          environment: {
            ...environment,
            VLM_BENCH_TORCH_SHARD_OPTIMIZER: '1',
            VLM_BENCH_TORCH_PRECISION: 'bfloat16',
          },
        },
      );
    const [onNccl, onGloo] = [await run({ nccl }), await run({})];
    // Two numbers have one sum, in whatever order.
    expect(onNccl.map(([{ weights }]) => weights)).toEqual(onGloo.map(([{ weights }]) => weights));
    expect(calls(0)).toContainEqual(expect.stringMatching(/^ncclBroadcast \d+ 7$/));
    expect(calls(0).at(-1)).toBe('ncclCommDestroy');
  });

  it('name a rank that is killed while NCCL waits for it on the host', async () => {
    const task = { scenario: 'trouble', kind: 'killed', culprit: 1, nccl };
    const seen = await runRanks<{ error: string; rank: number }>(3, task, { environment, endsAlone: [1] });
    expect(seen.map(({ rank }) => rank)).toEqual([1, 1]);
    expect(seen[0]!.error).toMatch(/^rank 1: it gave no sign of life/);
  });
});
