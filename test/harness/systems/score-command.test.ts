/** `score captions --per-image FILE.json` writes what `gate` and `compare` read. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSystem } from '../../../harness/systems/read-system.js';
import { runScore } from '../score/score-command.js';
import { captionFiles, newFolder } from './system-files.js';

test('scores of every image come with signatures and texts', async () => {
  const folder = newFolder();
  const { references, predictions } = captionFiles(folder, 12);
  const file = join(folder, 'each.json');
  const args = ['captions', '--references', references, '--predictions', predictions, '--resamples', '0', '--json'];
  const { stdout, error } = await runScore(...args, '--metrics', 'CIDEr-D,BLEU', '--per-image', file);
  expect(error).toBeUndefined();
  const { metrics } = JSON.parse(stdout) as { metrics: Record<string, { score: number; signature: string }> };
  const system = await readSystem({ paths: [file] });
  expect(system.metrics.map(({ name }) => name)).toEqual(['CIDEr-D', 'BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4']);
  for (const { name, signature, replicates } of system.metrics) {
    expect(signature).toBe(metrics[name]!.signature);
    expect(replicates[0]!.score).toBeCloseTo(metrics[name]!.score, 12);
  }
  const direct = await readSystem({ paths: [predictions] }, { references });
  expect(system.items).toEqual(direct.items);
});
