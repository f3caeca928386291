/**
 * Whether a checkpoint that fits no buffer is written, verified and read back with little memory: 64 MiB in small shards, or as many
 * GiB as `VLM_BENCH_CHECKPOINT_GIB` names. Peak memory is that of the whole process, so this benchmark runs alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCheckpoints, saveCheckpoint, verifyCheckpoint } from '../../harness/records/checkpoints.js';
import { openCheckpoint, writeCheckpoint } from '../../reference-model/checkpoint/checkpoint-folder.js';
import type { TensorSource, TensorSources } from '../../reference-model/checkpoint/tensor-file.js';
import type { Measurement } from './measurement.js';

const MEBIBYTE = 2 ** 20;
const RUN = 'synthetic';

/** A tensor whose values follow from its number, computed when it is written. */
function tensor(index: number, mebibytes: number): TensorSource {
  const length = (mebibytes * MEBIBYTE) / 4;
  const read = (): Float32Array => {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) values[i] = valueAt(index, i);
    return values;
  };
  return { dtype: 'F32', shape: [length], read };
}

const valueAt = (tensorIndex: number, position: number): number => (tensorIndex * 7919 + position) % 1_000_003;

function tensors(name: string, count: number, mebibytes: number, from: number): TensorSources {
  return new Map(Array.from({ length: count }, (_, i) => [`${name}.${i}`, tensor(from + i, mebibytes)] as const));
}

export async function benchmarkCheckpoint(): Promise<Measurement[]> {
  const gibibytes = Number(process.env.VLM_BENCH_CHECKPOINT_GIB ?? 0);
  const total = gibibytes > 0 ? gibibytes * 1024 : 64;
  const each = gibibytes > 0 ? 128 : 2;
  const shardBytes = gibibytes > 0 ? 2 ** 30 : 8 * MEBIBYTE;
  const count = total / each;
  const weightCount = Math.floor(count / 3);
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-checkpoint-'));
  try {
    const begun = performance.now();
    const { folder: checkpoint } = await saveCheckpoint(
      folder,
      { step: 1, log: { bytes: 0, sha256: '' } },
      async (temporary) =>
        writeCheckpoint(
          temporary,
          {
            run: RUN,
            step: 1,
            updates: 1,
            weights: tensors('weight', weightCount, each, 0),
            moments: tensors('moment', count - weightCount, each, weightCount),
          },
          { shardBytes },
        ),
    );
    const written = performance.now();
    verifyCheckpoint(listCheckpoints(folder)[0]!, RUN);
    const verified = performance.now();
    const { weights, moments } = openCheckpoint(checkpoint);
    let wrong = 0;
    for (const [name, { read }] of [...weights, ...moments]) {
      const [kind, number] = name.split('.');
      const index = Number(number) + (kind === 'weight' ? 0 : weightCount);
      const values = read();
      for (let i = 0; i < values.length; i++) if (values[i] !== valueAt(index, i)) wrong += 1;
    }
    const read = performance.now();
    const size = total / 1024;
    return [
      { name: 'checkpoint', value: size, unit: 'GiB' },
      { name: 'written and hashed', value: (written - begun) / 1000, unit: 's' },
      { name: 'verified', value: (verified - written) / 1000, unit: 's' },
      { name: 'read back', value: (read - verified) / 1000, unit: 's' },
      { name: 'values that came back wrong', value: wrong, unit: '', ceiling: 0 },
      { name: 'peak memory', value: process.resourceUsage().maxRSS / 1024, unit: 'MiB', ceiling: 600 },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
