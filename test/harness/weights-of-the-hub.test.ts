/** `--weights` from the command line: a configuration is trained from folders of the hub, resumed after sudden death, recorded, and asked. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execaNode } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { writePhotographs } from '../reference-model/data/images/photographs.js';
import { tinyRun } from '../reference-model/training/tiny-run.js';
import { TINY_HUB, writeTinyHub } from '../reference-model/weights/tiny-hub.js';
import { temporaryFolder } from './fake/fake-runs.js';

const folder = temporaryFolder();
const weights = join(folder, 'weights');
const file = join(folder, 'run.yaml');

const [align, joint] = (['align', 'joint'] as const).map((name) => ({
  name,
  steps: 6,
  trainable: name === 'align' ? ['connector'] : ['connector', 'vision', 'language'],
  learningRate: name === 'align' ? { connector: 0.003 } : { connector: 0.002, vision: 0.001, language: 0.001 },
  mixture: { 'human-captions': 1 },
  attentionMask: 'causal',
}));
const config = {
  ...tinyRun({ checkpointEverySteps: 2, initialization: { vision: 'pretrained', language: 'pretrained' } }),
  data: { name: 'flickr8k' },
  tokenizer: 'pretrained',
  model: TINY_HUB,
};

const start = (...args: readonly string[]) =>
  execaNode('dist/harness/cli.js', args, { reject: false, nodeOptions: [] });
const trainInto = (out: string, ...more: readonly string[]) =>
  start('train', file, '--data-root', folder, '--engine', 'wasm', '--out', join(folder, out), ...more);

const recordIn = (out: string): string => {
  const runs = join(folder, out, 'runs');
  const [id, ...others] = readdirSync(runs);
  expect(others).toEqual([]);
  return join(runs, id!);
};

beforeAll(async () => {
  writeTinyHub(weights);
  await writePhotographs(folder, { train: 12, validation: 4, test: 4 });
  writeFileSync(file, JSON.stringify({ ...config, recipe: { ...config.recipe, stages: [align, joint] } }));
});

describe('a run from weights of the hub', () => {
  test('killed in its second stage and started again ends with the bytes of one that was left alone', async () => {
    expect(await trainInto('alone', '--weights', weights)).toMatchObject({ exitCode: 0 });
    const alone = recordIn('alone');
    const killed = trainInto('killed', '--weights', weights);
    const events = () =>
      readdirSync(join(folder, 'killed', 'runs')).map((id) => join(folder, 'killed', 'runs', id, 'events.jsonl'));
    const hasStep = () =>
      existsSync(join(folder, 'killed', 'runs')) &&
      events().some((log) => existsSync(log) && readFileSync(log, 'utf8').includes('"step":8'));
    while (!hasStep() && killed.exitCode === null) await pause(2);
    killed.kill('SIGKILL');
    await killed;
    expect(await trainInto('killed', '--weights', weights)).toMatchObject({ exitCode: 0 });
    for (const name of ['config.json', 'weights.safetensors', 'predictions.jsonl', 'reading.json', 'result.json'])
      expect(readFileSync(join(recordIn('killed'), name)).equals(readFileSync(join(alone, name)))).toBe(true);

    const identity = JSON.parse(readFileSync(join(alone, 'config.json'), 'utf8'));
    expect(identity.weights).toMatch(/^[0-9a-f]{64}$/);
    const provenance = JSON.parse(readFileSync(join(alone, 'provenance.json'), 'utf8'));
    expect(provenance.weights).toMatchObject([
      { part: 'vision', name: 'someone/tiny-siglip' },
      { part: 'language', name: 'qwen2' },
    ]);
  });

  test('is asked without its weights, and damage to how it reads is seen', async () => {
    const record = recordIn('alone');
    const image = join(folder, 'Images', 'test_0000.jpg');
    const ask = () => start('generate', '--checkpoint', record, '--image', image, '--engine', 'wasm');
    expect(await ask()).toMatchObject({ exitCode: 0 });
    const reading = join(record, 'reading.json');
    writeFileSync(reading, readFileSync(reading, 'utf8').replace('user', 'uzer').replace('0.4', '0.3'));
    expect(await ask()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('reading.json') });
  });

  test('is another run with other weights, and is refused without them, with others, or where nothing asks for them', async () => {
    const other = join(folder, 'other');
    writeTinyHub(other, { seed: 5 });
    expect(await trainInto('both', '--weights', weights)).toMatchObject({ exitCode: 0 });
    expect(await trainInto('both', '--weights', other)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(folder, 'both', 'runs'))).toHaveLength(2);

    expect(await trainInto('none')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('starts from weights of the hub, and none are given'),
    });
    const wide = { ...TINY_HUB, language: { ...TINY_HUB.language, layers: 3 } };
    writeTinyHub(other, { model: wide });
    expect(await trainInto('none', '--weights', other)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('language.layers is 2 in the recipe and 3 in the weights'),
    });
    const embedded = await start('run', 'finding-1', '--smoke', '--weights', weights, '--out', join(folder, 'none'));
    expect(embedded).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('does not start from weights') });
    expect(existsSync(join(folder, 'none', 'runs'))).toBe(false);
    rmSync(other, { recursive: true });
  });
});
