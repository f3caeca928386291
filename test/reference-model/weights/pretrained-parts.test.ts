/** Runs that start from weights of the hub: what is read is what stands there, and training from it can be stopped, resumed and told apart. */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parameterArrays } from '../../../reference-model/checkpoint/load-parameters.js';
import { writeSafetensors } from '../../../reference-model/checkpoint/safetensors.js';
import { pixelValues, requestTokens } from '../../../reference-model/data/chat/model-reader.js';
import { openStreamed } from '../../../reference-model/data/open-streamed.js';
import { activateEngine } from '../../../reference-model/engines/registry.js';
import { predict } from '../../../reference-model/evaluation/predict.js';
import type { InputError } from '../../../reference-model/files/input-error.js';
import type { ModelConfig } from '../../../reference-model/model/config.js';
import { disposeModel, type Model } from '../../../reference-model/model/model.js';
import { initialValues, parameterSpecifications, readValues } from '../../../reference-model/model/parameters.js';
import type { RunConfig, TextStage } from '../../../reference-model/recipe/recipe.js';
import { buildExampleBatch } from '../../../reference-model/training/example-batch.js';
import { train } from '../../../reference-model/training/train.js';
import { TrainingInterrupted } from '../../../reference-model/training/training-error.js';
import { openPretrainedParts } from '../../../reference-model/weights/pretrained-parts.js';
import { writePhotographs } from '../data/images/photographs.js';
import { tinyRun } from '../training/tiny-run.js';
import { TINY_HUB, writeTinyHub } from './tiny-hub.js';

const folders: string[] = [];
let weights: string;
let root: string;

beforeAll(async () => {
  await activateEngine('wasm');
  [weights, root] = [newFolder(), newFolder()];
  writeTinyHub(weights);
  await writePhotographs(root, { train: 12, validation: 4, test: 4 });
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-pretrained-'));
  folders.push(folder);
  return folder;
}

const stage = (name: string, trainable: TextStage['trainable']): TextStage => ({
  name,
  steps: 3,
  trainable,
  learningRate: Object.fromEntries(trainable.map((part) => [part, 2e-3])),
  mixture: { 'human-captions': 1 },
  attentionMask: 'visual-bidirectional',
});

const config: RunConfig = {
  ...tinyRun({
    batchSize: 4,
    microBatchSize: 2,
    stages: [stage('align', ['connector']), stage('joint', ['connector', 'vision', 'language'])],
    initialization: { vision: 'pretrained', language: 'pretrained' },
  }),
  data: { name: 'flickr8k' },
  tokenizer: 'pretrained',
  model: TINY_HUB,
};

const hashOf = (model: Model): string =>
  createHash('sha256')
    .update(writeSafetensors(parameterArrays(model.parameters)))
    .digest('hex');

const openData = () => {
  const { images: processor } = openPretrainedParts(weights).reading;
  return openStreamed({ name: 'flickr8k', root, images: { side: 32, processor, workers: 0 } });
};

async function trained(resumeFrom?: string): Promise<{ readonly hash: string; readonly captions: readonly string[] }> {
  const pretrained = openPretrainedParts(weights);
  const data = await openData();
  const model = await train({
    config,
    data: { flickr8k: data },
    pretrained,
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
    saveCheckpoint: async () => {},
    onEvent: () => {},
    signal: new AbortController().signal,
  });
  const { captions } = await predict(model, config, data, { reader: pretrained.reader });
  const hash = hashOf(model);
  disposeModel(model);
  return { hash, captions: captions.map(({ text }) => text) };
}

describe('weights of the hub', () => {
  test('become the backbones that are to be pretrained, bit by bit; the others are drawn', () => {
    const parts = openPretrainedParts(weights);
    for (const language of ['pretrained', 'random'] as const) {
      const model = parts.createModel(TINY_HUB, { vision: 'pretrained', language }, 11);
      for (const specification of parameterSpecifications(TINY_HUB)) {
        const isGiven =
          specification.part === 'vision' || (specification.part === 'language' && language === 'pretrained');
        const expected = initialValues(specification, isGiven ? 3 : 11);
        expect(readValues(model.parameters.get(specification.name)!)).toEqual(expected);
      }
      disposeModel(model);
    }
    expect(parts.parts.map(({ part, name }) => [part, name])).toEqual([
      ['vision', 'someone/tiny-siglip'],
      ['language', 'qwen2'],
    ]);
  });

  test('bring tokenizer, template and processor: visual tokens stand in the turn of the user, and its answer alone is learned', () => {
    const { reader } = openPretrainedParts(weights);
    const prompt = requestTokens(reader, 'describe this image.');
    expect(reader.decode(prompt.before)).toBe('user');
    expect(reader.decode(prompt.prompt)).toBe('describe this image.\nassistant');
    const image = { width: 32, height: 32, pixels: new Uint8Array(32 * 32 * 3).fill(51) };
    const sample = { imageId: 'one', image, humanCaptions: [], aiCaptions: [], questions: [] };
    const example = {
      id: 'x',
      source: 'human-captions',
      sample,
      prompt: 'describe this image.',
      answer: 'A red box .',
    } as const;
    const { sequences, pixels } = buildExampleBatch([example], TINY_HUB, reader, 'causal');
    const learned = [...sequences.labels];
    expect(reader.chat!.endTokens).toContain(learned.at(-1));
    expect(reader.decode(learned)).toBe('a red box .');
    expect(sequences.tokens).toBe(prompt.before.length + 4 + prompt.prompt.length + learned.length);
    // (51/255 − mean) / deviation of each channel
    const expected = [(0.2 - 0.4) / 0.5, (0.2 - 0.5) / 0.4, (0.2 - 0.6) / 0.3];
    for (const [channel, value] of expected.entries()) expect(pixels[channel]).toBeCloseTo(value, 6);
    expect(() => pixelValues(reader, [])).toThrow(RangeError);
  });

  test('are trained in two stages, and after a stop in either of them with the same bits', async () => {
    const alone = await trained();
    expect(alone.captions).toHaveLength(4);
    for (const atStep of [2, 4]) {
      const stop = new AbortController();
      const folder = newFolder();
      const training = train({
        config,
        data: { flickr8k: await openData() },
        pretrained: openPretrainedParts(weights),
        saveCheckpoint: async (_step, write) => write(folder, 'some run'),
        onEvent: (event) => {
          if (event.type === 'step' && event.step === atStep) stop.abort();
        },
        signal: stop.signal,
      });
      await expect(training).rejects.toThrow(TrainingInterrupted);
      expect(await trained(folder)).toEqual(alone);
    }
  });
});

describe('the digest of weights', () => {
  test('stays where files are copied, and tells another training, tokenizer or processor', () => {
    const { fingerprint } = openPretrainedParts(weights);
    const copy = newFolder();
    writeTinyHub(copy);
    expect(openPretrainedParts(copy).fingerprint).toBe(fingerprint);
    writeTinyHub(copy, { seed: 4 });
    expect(openPretrainedParts(copy).fingerprint).not.toBe(fingerprint);
    for (const file of ['vision/preprocessor_config.json', 'language/chat_template.jinja']) {
      writeTinyHub(copy);
      const text = readFileSync(join(copy, file), 'utf8');
      writeFileSync(join(copy, file), `${text} `);
      expect(openPretrainedParts(copy).fingerprint).not.toBe(fingerprint);
    }
    writeTinyHub(copy);
    const file = join(copy, 'vision/model.safetensors');
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Uint8Array.of(1), 0, 1, readFileSync(file).length - 3);
    closeSync(descriptor);
    expect(openPretrainedParts(copy).fingerprint).not.toBe(fingerprint);
  });
});

describe('what is wrong with weights', () => {
  test('is told before anything is read: a tokenizer of a larger model', () => {
    const folder = newFolder();
    const few = { ...TINY_HUB, language: { ...TINY_HUB.language, vocabularySize: 250 } };
    writeTinyHub(folder, { model: few });
    // Its 256 bytes alone are more.
    expect(() => openPretrainedParts(folder)).toThrow(/the tokenizer has \d+ tokens, and the embeddings .* 250 rows/);
  });

  test('of another model than the recipe’s comes with the line of YAML that states the right one', () => {
    const parts = openPretrainedParts(weights);
    const { vision, language } = TINY_HUB;
    const other = { ...TINY_HUB, vision: { ...vision, layers: 2 }, language: { ...language, maximumPositions: 100 } };
    let fix = '';
    try {
      parts.requireModel(other);
    } catch (error) {
      ({ fix } = (error as InputError).problem);
    }
    const { model } = parse(fix.slice(fix.indexOf('model: {'))) as { readonly model: ModelConfig };
    expect(model).toEqual({ ...TINY_HUB, language: other.language });
    expect(() => parts.requireModel(model)).not.toThrow();
  });

  test('is told at once: parts that are missing, sizes that are not the recipe’s', () => {
    expect(() => openPretrainedParts(newFolder())).toThrow(/no vision\/config\.json and no language\/config\.json/);
    const parts = openPretrainedParts(weights);
    const { vision, language } = TINY_HUB;
    const other = { ...TINY_HUB, vision: { ...vision, layers: 2 }, language: { ...language, tiedHead: false } };
    expect(() => parts.requireModel(other)).toThrow(
      /vision\.layers is 2 in the recipe and 1 in the weights; language\.tiedHead is false in the recipe and not stated/,
    );
    const shorter = { ...TINY_HUB, language: { ...language, maximumPositions: 100 } };
    expect(() => parts.requireModel(shorter)).not.toThrow();
    const without = newFolder();
    writeTinyHub(without);
    rmSync(join(without, 'language/chat_template.jinja'));
    expect(() => openPretrainedParts(without)).toThrow(/no chat template/);
    rmSync(join(without, 'language/tokenizer.json'));
    expect(() => openPretrainedParts(without)).toThrow(/no tokenizer\.json/);
  });
});
