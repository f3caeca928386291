/** The commands that look at data sets and at the machine, through the compiled command line. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { SplitName } from '../../reference-model/data/dataset.js';
import { loadDataSet } from '../../reference-model/data/load-dataset.js';
import { DATA_SET_NAMES } from '../../reference-model/data/registry.js';
import { temporaryFolder } from './fake/fake-runs.js';

const cli = createRequire(import.meta.url).resolve('#package/dist/harness/cli.js');
const fixture = fileURLToPath(new URL('../fixtures/easy-vqa', import.meta.url));

async function vlmBench(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execaNode(cli, args, { reject: false, nodeOptions: [] });
  return { exitCode, stdout, stderr };
}

describe('vlm-bench data', () => {
  test('lists the data sets as text and as one JSON document', async () => {
    const json = await vlmBench('data', 'list', '--json');
    expect(json).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(json.stdout).map(({ name }: { name: string }) => name)).toEqual(DATA_SET_NAMES);
    const text = await vlmBench('data', 'list');
    expect(text.stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(DATA_SET_NAMES);
    expect(DATA_SET_NAMES.slice(0, 3)).toEqual(['tiny-scenes', 'easy-vqa', 'tiny-pathology']);
  });

  test('verifies the data that the package generates', async () => {
    const { exitCode, stdout, stderr } = await vlmBench('data', 'verify', 'tiny-scenes', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { fingerprint } = await loadDataSet({ name: 'tiny-scenes' });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'tiny-scenes', fingerprint });
  });

  test('refuses a copy that is not the published one, with every difference', async () => {
    const { exitCode, stdout, stderr } = await vlmBench('data', 'verify', 'easy-vqa', '--data-root', fixture);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^error: The train split has 5 images instead of 3600$/m);
    expect(stderr).toMatch(/^error: The fingerprint is [0-9a-f]{64} instead of [0-9a-f]{64}$/m);
  });

  test('says what a data set is, what is missing of it, and who has that', async () => {
    const text = await vlmBench('data', 'card', 'coco-2017', '--data-root', temporaryFolder());
    expect(text).toMatchObject({ exitCode: 0, stderr: '' });
    expect(text.stdout).toMatch(/^licence: .*CC BY 4\.0/m);
    expect(text.stdout).toMatch(
      /^missing in .*:\n {2}annotations\/captions_train2017\.json\t.*https:\/\/cocodataset\.org/m,
    );
    const unknown = await vlmBench('data', 'card', 'coco-2107');
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain('did you mean coco-2017?');
  });

  test('lists duplicates of a declared data set, and prepares it without them', async () => {
    const root = temporaryFolder();
    const image = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#a04020' } })
      .png()
      .toBuffer();
    for (const name of ['a.png', 'b.png']) writeFileSync(join(root, name), image);
    writeFileSync(join(root, 'train.jsonl'), '{"image":"a.png","caption":"one"}\n');
    writeFileSync(join(root, 'test.jsonl'), '{"image":"b.png","caption":"two"}\n');
    const splits = 'train: { captions: train.jsonl, images: . }, test: { captions: test.jsonl, images: . }';
    writeFileSync(join(root, 'mine.yaml'), `name: mine\nlicense: CC0\nformat: files\nsplits: { ${splits} }\n`);
    const [yaml, list, out] = [join(root, 'mine.yaml'), join(root, 'twice.json'), join(root, 'shards')];
    const verified = await vlmBench('data', 'verify', yaml, '--exclude-duplicates', list, '--json');
    expect(verified).toMatchObject({ exitCode: 0, stderr: '' });
    const found = JSON.parse(verified.stdout);
    expect(found.duplicates).toEqual([
      {
        kind: 'exact',
        images: [
          { split: 'train', imageId: 'a.png' },
          { split: 'test', imageId: 'b.png' },
        ],
      },
    ]);
    expect(found.withoutDuplicates).toMatchObject({ images: 1, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(found.withoutDuplicates.fingerprint).not.toBe(found.fingerprint);
    const prepared = await vlmBench('data', 'prepare', yaml, '--out', out);
    expect(prepared).toEqual({ exitCode: 0, stdout: '', stderr: join(out, 'data-set.yaml') });
    const again = await vlmBench('data', 'verify', join(out, 'data-set.yaml'), '--json');
    expect(JSON.parse(again.stdout).splits).toEqual(found.splits);
  });

  test('names the images of a copy that are missing', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'c.jsonl'), '{"image":"a.png","caption":"one"}\n');
    const yaml = join(root, 'mine.yaml');
    writeFileSync(yaml, 'name: mine\nlicense: CC0\nformat: files\nsplits: { all: { captions: c.jsonl, images: . } }\n');
    const { exitCode, stdout, stderr } = await vlmBench('data', 'verify', yaml);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`where:    ${join(root, 'a.png')}`);
  });

  test('writes a data set out pixel by pixel, under names of its own, and never over another', async () => {
    const out = join(temporaryFolder(), 'prepared');
    const args = ['data', 'prepare', 'easy-vqa', '--data-root', fixture, '--out', out];
    expect(await vlmBench(...args)).toEqual({ exitCode: 0, stdout: '', stderr: out });
    const { splits } = await loadDataSet({ name: 'easy-vqa', root: fixture });
    for (const split of ['train', 'validation', 'test'] as const satisfies readonly SplitName[]) {
      const records = JSON.parse(readFileSync(join(out, `${split}.json`), 'utf8'));
      expect(records).toHaveLength(splits[split].length);
      expect(readdirSync(join(out, split))).toHaveLength(splits[split].length);
      for (const [index, { image, ...sample }] of splits[split].entries()) {
        const { file, ...record } = records[index];
        expect(record).toEqual(sample);
        expect(file).toMatch(/^[a-z]+\/\d{6}\.png$/);
        const pixels = await sharp(join(out, file)).raw().toBuffer();
        expect(pixels.equals(image.pixels)).toBe(true);
      }
    }
    expect(await vlmBench(...args)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error: the folder is not empty\n  where:    ${out}\n  fix:      name a new folder`,
    });
  });
});

describe('vlm-bench doctor', () => {
  test('says of every engine whether it works, or why not and what to do', async () => {
    const json = await vlmBench('doctor', '--json');
    expect(json).toMatchObject({ exitCode: 0, stderr: '' });
    const { node, engines } = JSON.parse(json.stdout);
    expect(node).toBe(process.version);
    expect(engines.map(({ name }: { name: string }) => name)).toEqual(['wasm', 'tensorflow', 'torch']);
    expect(engines[0]).toMatchObject({ available: true });
    const text = await vlmBench('doctor');
    expect(text.stdout).toContain(`node        ${process.version} on `);
    for (const { name, available, reason, remedy } of engines) {
      expect(text.stdout).toMatch(new RegExp(`^engine ${name} +${available ? 'works' : 'unavailable'}: `, 'm'));
      if (!available) {
        expect(reason.length).toBeGreaterThan(10);
        expect(text.stdout).toContain(remedy);
      }
    }
  });
});
