/**
 * The memory of ranks that divide the optimizer among themselves: what a plan says of it against processes that train, and what saving
 * takes.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { engineMemory } from '../../../harness/planning/engine-memory.js';
import { torchSettings } from '../../../reference-model/engines/torch/settings.js';
import { isTorchAvailable } from '../../reference-model/backends.js';
import { runRanks } from '../../reference-model/training/rank-processes.js';

/** 26 million parameters, of which none is large, and one short sequence: what is kept of a pass is next to nothing. */
const model = {
  vision: {
    ...{ imageSize: 32, patchSize: 8, hiddenSize: 64, intermediateSize: 128, layers: 1, attentionHeads: 2 },
    layerNormEpsilon: 1e-6,
  },
  connector: { pixelShuffle: 1 },
  language: {
    ...{
      vocabularySize: 1000,
      hiddenSize: 512,
      intermediateSize: 2048,
      layers: 6,
      attentionHeads: 8,
      keyValueHeads: 8,
    },
    ...{ rotaryBase: 10_000, rmsNormEpsilon: 1e-6, maximumPositions: 64 },
  },
};

/** Bytes of a process: before there was a model, and at the peak until it had learned and then saved. */
interface Measured {
  readonly parameters: number;
  readonly before: number;
  readonly trained: number;
  readonly saved: number;
  readonly completed: number;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

type Precision = 'float32' | 'bfloat16';

/** @returns what each of the ranks took */
async function measured(ranks: number, precision: Precision, shards: boolean): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-memory-'));
  folders.push(folder);
  const environment = {
    VLM_BENCH_TORCH_PRECISION: precision,
    VLM_BENCH_TORCH_SHARD_OPTIMIZER: shards ? '1' : '0',
    // The C library keeps what is freed for later use; with a threshold that stays, large blocks go back at once, and the peak is what is held.
    MALLOC_MMAP_THRESHOLD_: '131072',
  };
  const seen = await runRanks<Measured>(ranks, { scenario: 'memory', model, steps: 2, folder }, { environment });
  const [{ parameters }] = seen as [Measured];
  const saved = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(saved).toBeGreaterThan(3 * 4 * parameters);
  return seen;
}

describe.skipIf(!isTorchAvailable)('ranks that shard the optimizer', () => {
  const planned = (ranks: number, precision: Precision, shardOptimizer: boolean) => {
    const { bytesPerLearning, bytesDivided, processBytes } = engineMemory('torch', () => ({
      ...torchSettings({}),
      precision,
      shardOptimizer,
    }));
    return { bytesPerLearning: bytesPerLearning - bytesDivided * (1 - 1 / ranks), processBytes };
  };

  it.each<[number, Precision, boolean]>([
    [1, 'bfloat16', false],
    [2, 'bfloat16', true],
    [4, 'bfloat16', true],
    [2, 'float32', true],
  ])('%d in %s, sharded: %s, take what is planned within a fifth, and little more to save', async (...of) => {
    const { bytesPerLearning, processBytes } = planned(...of);
    for (const { parameters, before, trained, saved, completed } of await measured(...of)) {
      const held = bytesPerLearning * parameters;
      expect(Math.abs(trained / (processBytes + held) - 1), 'the whole process').toBeLessThan(0.2);
      // What is read, exchanged and computed at once takes tens of megabytes, whatever the size of the model.
      expect((trained - before) / held, 'what the model takes').toBeGreaterThan(0.95);
      expect(trained - before - held, 'what the model takes').toBeLessThan(0.2 * held + 60e6);
      // Parts of 4 MiB, and what JavaScript has not collected of them; all moments would be eight bytes of each parameter.
      expect(saved - trained, 'saving').toBeLessThan(2 * parameters);
      expect(completed - trained, 'bringing the weights together').toBeLessThan(2 * parameters);
    }
  });

  it('are planned as the formula of ZeRO stage 1 has it, with float32 gradients', () => {
    for (const devices of [1, 2, 4, 64]) {
      expect(planned(devices, 'bfloat16', true).bytesPerLearning).toBe(2 + 4 + 12 / devices);
      expect(planned(devices, 'float32', true).bytesPerLearning).toBe(4 + 4 + 8 / devices);
      expect(planned(devices, 'bfloat16', false).bytesPerLearning).toBe(18);
    }
  });
});
