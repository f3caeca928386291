/** The small scale from the command line: photographs on disk become runs, a page that says whether images are looked at, and a model that can be asked. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execaNode } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../reference-model/data/tokenizer/load-tokenizer.js';
import { readJson } from '../../reference-model/files/read-json.js';
import { writePhotographs } from '../reference-model/data/images/photographs.js';
import { temporaryFolder } from './fake/fake-runs.js';

const folder = temporaryFolder();
const suite = join(folder, 'photographs.yaml');
const out = join(folder, 'results');

async function vlmBench(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execaNode('dist/harness/cli.js', args, { reject: false, nodeOptions: [] });
  return { exitCode, stdout, stderr };
}

const small = {
  tokenizer: 'byte-pairs',
  model: {
    vision: { imageSize: 32, hiddenSize: 32, intermediateSize: 64, layers: 1, attentionHeads: 2 },
    language: {
      vocabularySize: 300,
      hiddenSize: 32,
      intermediateSize: 64,
      layers: 1,
      attentionHeads: 2,
      keyValueHeads: 1,
    },
  },
  recipe: { validationExamples: 10 },
  generation: { beamWidth: 2, maximumNewTokens: 12 },
};

beforeAll(async () => {
  await writePhotographs(folder, { train: 24, validation: 6, test: 8 });
  writeFileSync(
    suite,
    JSON.stringify({
      schemaVersion: 2,
      extends: resolve('suites/finding-1.yaml'),
      id: 'photographs',
      smoke: { stepShare: 0.008 },
      scales: { small },
    }),
  );
  const declared = (split: string, list: string) => ({
    [split]: { captions: 'captions.txt', images: 'Images', list: `Flickr_8k.${list}Images.txt` },
  });
  writeFileSync(
    join(folder, 'mine.yaml'),
    JSON.stringify({
      name: 'mine',
      license: 'none',
      format: 'files',
      splits: { ...declared('train', 'train'), ...declared('validation', 'dev'), ...declared('test', 'test') },
    }),
  );
});

const onPhotographs = ['--scale', 'small', '--engine', 'wasm', '--out', out, '--smoke'];

describe('the small scale', () => {
  test('runs, reports whether images are looked at, keeps a tokenizer, and answers', async () => {
    const run = await vlmBench(
      'run',
      suite,
      '--data',
      'flickr8k',
      '--data-root',
      folder,
      ...onPhotographs,
      '--jobs',
      '2',
    );
    expect(run).toMatchObject({ exitCode: 0 });
    const page = run.stderr.split('\n').at(-1)!;
    expect(page).toMatch(/photographs-small-flickr8k-smoke\/index\.html$/);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('What the captions owe to the images');
    expect(html).toContain('trained from scratch on photographs');
    const report = JSON.parse(readFileSync(join(page, '..', 'report.json'), 'utf8'));
    expect(report.scale).toBe('small');
    expect(report.captionBaselines).toHaveLength(4);
    for (const { images, score, constant, exchanged } of report.captionBaselines) {
      expect(images).toBe(8);
      for (const held of [constant, exchanged]) expect(held.difference).toBeCloseTo(score - held.score, 10);
    }
    const [id] = readdirSync(join(out, 'runs'));
    const record = join(out, 'runs', id!);
    expect(loadTokenizer(join(record, 'tokenizer.json')).vocabularySize).toBe(300);
    const photograph = join(folder, 'Images', 'test_0000.jpg');
    const said = await vlmBench('generate', '--checkpoint', record, '--image', photograph, '--engine', 'wasm');
    expect(said).toMatchObject({ exitCode: 0 });

    // The same runs are read back, whoever decodes the images.
    const again = await vlmBench(
      'run',
      suite,
      '--data',
      'flickr8k',
      '--data-root',
      folder,
      ...onPhotographs,
      '--workers',
      '0',
    );
    expect(again.exitCode).toBe(0);
    expect(again.stderr.match(/already recorded, read back/g)).toHaveLength(4);
  });

  test('exports a run with its own tokenizer, in both forms', async () => {
    const [id] = readdirSync(join(out, 'runs'));
    const record = join(out, 'runs', id!);
    const photograph = join(folder, 'Images', 'test_0000.jpg');
    for (const [format, ...more] of [['hugging-face', '--allow-mask-mismatch'], ['onnx']] as const) {
      const exported = join(folder, format);
      expect(await vlmBench('export', record, '--format', format, '--out', exported, ...more)).toMatchObject({
        exitCode: 0,
        stderr: exported,
      });
      expect(readJson(join(exported, 'tokenizer.json'))).toEqual(readJson(join(record, 'tokenizer.json')));
    }
    const asked = ['--image', photograph, '--engine', 'wasm'];
    expect(await vlmBench('generate', '--checkpoint', join(folder, 'hugging-face'), ...asked)).toMatchObject({
      exitCode: 0,
    });
  });

  test('plans a declared data set, and tells what it lacks in one error', async () => {
    const planned = await vlmBench('plan', suite, '--data', join(folder, 'mine.yaml'), ...onPhotographs, '--json');
    expect(planned).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(planned.stdout)).toMatchObject({ scale: 'small', dataSet: 'mine' });
    expect(await vlmBench('plan', suite, '--scale', 'small')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('the small scale needs photographs'),
    });
    expect(await vlmBench('plan', 'finding-2', '--scale', 'small', '--data', 'flickr8k')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('finding-2 states no small scale'),
    });
    expect(await vlmBench('plan', suite, '--scale', 'small', '--data', 'flikr8k')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean flickr8k?'),
    });
    const nowhere = await vlmBench('plan', suite, '--data', 'flickr8k', '--data-root', out, ...onPhotographs);
    expect(nowhere).toMatchObject({ exitCode: 1, stdout: '' });
    expect(nowhere.stderr).toContain('flickr8k is not complete');
    expect(existsSync(join(out, 'photographs-small-mine-smoke'))).toBe(false);
  });
});
