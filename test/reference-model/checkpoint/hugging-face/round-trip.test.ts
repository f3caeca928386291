/**
 * Whole models of the hub, read and written again: the same model, whatever spelling and layers they came with. With EXPORT_FOLDER set the
 * folders are kept for `test/oracle/check-round-trip.py`.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expressModel } from '../../../../reference-model/checkpoint/hugging-face/express-model.js';
import { openLlava } from '../../../../reference-model/checkpoint/hugging-face/read-checkpoint.js';
import { writeJson, writeWeights } from '../../../../reference-model/checkpoint/hugging-face/write-folder.js';

const FIXTURES = 'test/fixtures/hugging-face';
const kept = process.env.EXPORT_FOLDER;
const root = kept ?? mkdtempSync(join(tmpdir(), 'vlm-bench-round-'));
afterAll(() => {
  if (kept === undefined) rmSync(root, { recursive: true });
});

describe.each(readdirSync(FIXTURES).filter((name) => name.startsWith('llava')))('%s', (name) => {
  it('is the same model once it is written and read again', () => {
    const { config, tensors, imageToken } = openLlava(join(FIXTURES, name));
    const folder = join(root, 'round-trip', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const written = expressModel(config, tensors, { image: imageToken, begin: 0, end: 1, pad: 38 });
    expect(written.hasNormLayer).toBe(false);
    writeJson(folder, 'config.json', written.config);
    writeWeights(folder, written.tensors, { shardBytes: 10_000 });
    const again = openLlava(folder);
    expect(again.config).toEqual(config);
    expect(again.imageToken).toBe(imageToken);
    expect([...again.tensors.keys()]).toEqual([...tensors.keys()]);
    for (const [parameter, { read }] of tensors) expect(again.tensors.get(parameter)!.read()).toEqual(read());
  });
});
